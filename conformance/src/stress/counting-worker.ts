/** A worker process that counts how often it ran each message, and writes that down when it is told to stop. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createQueue } from '@quayside/core';
import { openBackend, storeOf } from '../backends.js';

export interface CountingAssignment {
  readonly type: string;
  /** The adapter's. */
  readonly options: object;
  readonly namespace: string;
  readonly queue: string;
  /** Their payloads are the numbers from 0 up to this. */
  readonly messages: number;
  readonly countFile: string;
}

const left = once(process, 'disconnect');
const toldToStop = once(process, 'message');
const assignment: CountingAssignment = JSON.parse(process.argv[2] ?? '{}');
const { type, options, namespace } = assignment;
const backend = await openBackend(type, options, { namespace });
const counts = new Uint8Array(assignment.messages);
const queue = createQueue(assignment.queue, { store: storeOf(backend, assignment.queue), options: { concurrency: 100 } });
queue.process('count', ({ payload }) => {
  const number = Number(payload);
  counts[number] = (counts[number] ?? 0) + 1;
});
await queue.start();
process.send?.('ready');
await Promise.race([toldToStop, left]);
await queue.stop();
await backend.close();
writeFileSync(assignment.countFile, counts);
process.exit();
