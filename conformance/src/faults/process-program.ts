/** A process of a fleet: publishes, or works, and writes its history. Ends when it is told to, or when its parent is gone. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { createQueue } from '@quayside/core';
import { openBackend, storeOf } from '../backends.js';
import { FileLog } from '../history/log.js';
import { RecordingStore, recordHandlers } from '../history/recording.js';
import type { Assignment, FaultPayload, FromProcess, ToProcess } from './assignment.js';
import { produce } from './producing.js';

/** How often progress is told. */
const tellEveryMs = 20;
const graceMs = 10_000;

const left = once(process, 'disconnect');
const enough = new AbortController();
const toldToStop = new Promise<void>((resolve) => {
  process.on('message', (told: ToProcess) => (told === 'enough' ? enough.abort() : resolve()));
});
const tell = (news: FromProcess) => process.connected && process.send?.(news);

let done = 0;
let told = 0;
setInterval(() => {
  if (done === told) return;
  told = done;
  tell({ kind: 'progress', done });
}, tellEveryMs).unref();

const assignment: Assignment = JSON.parse(process.argv[2] ?? '{}');
const { backend: type, options, namespace, queue: name, queueOptions, historyFile } = assignment;
const backend = await openBackend(type, options, { namespace });
const log = new FileLog(historyFile);
const store = new RecordingStore(storeOf(backend, name), log, name);
const concurrency = assignment.role === 'worker' ? assignment.concurrency : 1;
const queue = createQueue(name, { store, workerName: assignment.name, options: { ...queueOptions, concurrency } });
queue.use(recordHandlers(log, name));
queue.on('error', (error, message) => {
  // A handler that fails on purpose is no fault.
  if (message === undefined) tell({ kind: 'error', error: String(error) });
});

if (assignment.role === 'producer') {
  tell({ kind: 'ready' });
  await Promise.race([produce(queue, { ...assignment, enough: enough.signal }, () => done++), left]);
  tell({ kind: 'progress', done });
  tell({ kind: 'finished' });
} else {
  const { handlerMs } = assignment;
  queue.process('task', async ({ payload }, { attempt }) => {
    const { failures } = payload as FaultPayload;
    if (handlerMs > 0) await pause(handlerMs);
    if (attempt <= failures) throw new Error('on purpose');
  });
  queue.on('settled', (_, { outcome }) => {
    if (outcome === 'complete') done++;
  });
  await queue.start();
  tell({ kind: 'ready' });
}
await Promise.race([toldToStop, left]);
await queue.stop({ graceMs });
await backend.close();
log.close();
process.exit();
