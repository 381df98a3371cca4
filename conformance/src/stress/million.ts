/** Many messages through four worker processes, each of them counted. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createQueue, type Queue, type QueueStore, type StoreStats } from '@quayside/core';
import { atHand, storeOf } from '../backends.js';
import { holdsWithin } from './await-condition.js';
import type { CountingAssignment } from './counting-worker.js';
import type { StressContext, StressPart, StressResult } from './part.js';

const workers = 4;
const batchSize = 500;
const batchesInFlight = 4;
/** More would only fill the server. */
const longestBacklog = 100_000;
/** The queue does not shrink for so long: it will not. */
const stallBoundMs = 60_000;
const namespace = 'million';
const queueName = 'work';
const program = fileURLToPath(new URL('./counting-worker.js', import.meta.url));

export const million: StressPart = {
  name: 'million',
  title: '1,000,000 messages through four worker processes: none lost, and the statistics add up',
  backends: ['redis', 'bullmq'],
  run: runMillion,
};

async function runMillion({ server, isShort, tell }: StressContext): Promise<StressResult> {
  const messages = isShort ? 5_000 : 1_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'quayside-million-'));
  const files = Array.from({ length: workers }, (_, index) => join(folder, `worker-${index}`));
  const children = files.map((countFile) => {
    const assignment: CountingAssignment = { type: server.type, options: server.options, namespace, queue: queueName, messages, countFile };
    return fork(program, [JSON.stringify(assignment)]);
  });
  const backend = await server.open(namespace);
  try {
    const store = storeOf(backend, queueName);
    const queue = createQueue(queueName, { store });
    await Promise.all(children.map((child) => once(child, 'message')));
    const begun = performance.now();
    await publishAll(queue, store, messages);
    tell(`  published ${messages} in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    const isDone = await isWorkedOff(store);
    const seconds = (performance.now() - begun) / 1000;
    // Each writes down what it has counted when it goes.
    await Promise.all(children.map((child) => (child.send('stop') ? once(child, 'exit') : undefined)));
    const stats = await store.stats();
    await queue.stop();
    return judge({ messages, seconds, stats, isDone, counts: files.map((file) => readFileSync(file)) });
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await backend.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function publishAll(queue: Queue, store: QueueStore, messages: number): Promise<void> {
  let next = 0;
  const publishOn = async () => {
    while (next < messages) {
      const first = next;
      next = Math.min(messages, first + batchSize);
      await queue.publishBatch(Array.from({ length: next - first }, (_, index) => ({ type: 'count', payload: first + index })));
      if (first % (20 * batchSize) === 0) await holdsWithin(stallBoundMs, async () => atHand(await store.stats()) < longestBacklog);
    }
  };
  await Promise.all(Array.from({ length: batchesInFlight }, publishOn));
}

async function isWorkedOff(store: QueueStore): Promise<boolean> {
  for (let left = atHand(await store.stats()); left > 0; ) {
    const before = left;
    const hasMoved = await holdsWithin(stallBoundMs, async () => {
      left = atHand(await store.stats());
      return left < before;
    });
    if (!hasMoved) return false;
  }
  return true;
}

interface Outcome {
  readonly messages: number;
  readonly seconds: number;
  readonly stats: StoreStats;
  readonly isDone: boolean;
  /** Of each worker: how often it ran each message. */
  readonly counts: readonly Uint8Array[];
}

function judge({ messages, seconds, stats, isDone, counts }: Outcome): StressResult {
  const broken: string[] = [];
  let lost = 0;
  let duplicates = 0;
  for (let number = 0; number < messages; number++) {
    const runs = counts.reduce((sum, each) => sum + (each[number] ?? 0), 0);
    if (runs === 0) lost++;
    else duplicates += runs - 1;
  }
  const { published, processed, failed, deadLettered, stalled } = stats.counters;
  if (!isDone) broken.push(`${atHand(stats)} messages stand still`);
  if (lost > 0) broken.push(`${lost} messages were lost`);
  if (duplicates > stalled) broken.push(`${duplicates} ran twice, and only ${stalled} leases ran out`);
  if (published !== messages || processed !== messages || failed + deadLettered > 0) {
    broken.push(`statistics: published ${published}, processed ${processed}, failed ${failed}, dead ${deadLettered}`);
  }
  const shares = counts.map((each) => each.reduce((sum, runs) => sum + runs, 0));
  return {
    figures: {
      published,
      processed,
      dead: deadLettered,
      duplicates,
      lost,
      'a second': Math.round(messages / seconds),
      workers: shares.join('+'),
    },
    broken,
  };
}
