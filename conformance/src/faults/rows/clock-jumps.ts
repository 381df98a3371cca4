import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { scheduledRunOf } from '@quayside/core';
import { waitUntil } from '../../servers/wait-until.js';
import type { FaultCase, FaultResult } from '../fault-case.js';
import type { Stage } from '../stage.js';
import { ClockedProcess } from './clocked-process.js';

const hourMs = 3_600_000;
const leaseMs = 1_000;
/** Longer than two leases: they must be renewed while the clock is wrong. */
const longMs = 2_500;
const delayMs = 1_500;
const periodMs = 300;
/** What was not moved by an hour is on time; the bounds are for two timers that are compared, and for a busy machine. */
const earlyMs = 5;
const lateMs = 2_000;

export const clockJumpCases: readonly FaultCase[] = [
  {
    id: 'F-13',
    title: "a process's clock jumps an hour ahead: its leases, delays and schedules keep their time, since the server's clock rules",
    backends: ['redis', 'bullmq'],
    run: (stage) => jumps(stage, hourMs),
  },
  {
    // Its repeating schedules are left aside: by its clock their next time is an hour away.
    id: 'F-13',
    title: "a process's clock jumps an hour back: its leases, delays and one-off schedules keep their time",
    backends: ['redis', 'bullmq'],
    run: (stage) => jumps(stage, -hourMs),
  },
];

async function jumps(stage: Stage, jumpMs: number): Promise<FaultResult> {
  const { url } = await stage.redis();
  const starts = new Map<string, number[]>();
  const open = async () => {
    const opened = await ClockedProcess.open(stage.backend, url, leaseMs);
    stage.onEnd(() => opened.close());
    opened.queue.process('*', async ({ id, payload }) => {
      starts.set(id, [...(starts.get(id) ?? []), performance.now()]);
      await pause(Number(payload));
    });
    await opened.queue.start();
    return opened;
  };
  // The neighbour's clock is right: it would take what the other one gives up by mistake.
  const jumping = await open();
  await open();
  const runs = await schedule(jumping, jumpMs > 0);
  const begun = performance.now();
  const long = await jumping.queue.publishBatch(Array.from({ length: 10 }, () => ({ type: 'long', payload: longMs })));
  const due = { type: 'delayed', payload: 0, options: { delay: delayMs } };
  const delayed = await jumping.queue.publishBatch(Array.from({ length: stage.size(100, 1_000) }, () => due));
  await waitUntil('all long handlers to run', async () => long.every(({ id }) => starts.has(id)));
  jumping.clock.offsetMs = jumpMs;
  const recoveryMs = await runs.goOn();
  await jumping.queue.drain({ timeout: '20s' });
  const all = [...long, ...delayed].map(({ id }) => id);
  assert.deepEqual(
    all.filter((id) => starts.get(id)?.length !== 1),
    [],
    'each is started once',
  );
  const waits = [...delayed.map(({ id }) => (starts.get(id)?.[0] ?? 0) - begun), runs.onceAfterMs()];
  const [least, most] = [Math.min(...waits), Math.max(...waits)];
  assert.ok(least >= delayMs - earlyMs && most <= delayMs + lateMs, `a delay of ${delayMs} ms took ${least} to ${most} ms`);
  const counts = { published: all.length, acknowledged: all.length, completed: starts.size, duplicates: 0, lost: 0 };
  return { ...counts, recoveryMs, note: `delays of ${delayMs} ms took ${Math.round(least)} to ${Math.round(most)} ms` };
}

/** A one-off, and a schedule that repeats. */
async function schedule({ scheduler }: ClockedProcess, isRepeating: boolean) {
  const times: number[] = [];
  let onceAt: number | undefined;
  scheduler.process('once', () => {
    onceAt = performance.now();
  });
  scheduler.process('again', ({ headers }) => void times.push(scheduledRunOf(headers)?.due.getTime() ?? 0));
  await scheduler.start();
  if (isRepeating) {
    await scheduler.schedule('again', 0, { every: periodMs });
    await waitUntil('the schedule to run', async () => times.length >= 2);
  }
  const begun = performance.now();
  await scheduler.schedule('once', 0, { delay: delayMs });
  return {
    onceAfterMs: () => (onceAt ?? Number.POSITIVE_INFINITY) - begun,
    /** From the jump to the next run; the one-off where nothing repeats. */
    async goOn(): Promise<number> {
      const [jumped, before] = [performance.now(), times.length];
      await waitUntil('the schedules to go on', async () => (isRepeating ? times.length > before : onceAt !== undefined));
      const tookMs = performance.now() - jumped;
      await waitUntil('the one-off to run', async () => onceAt !== undefined);
      assert.equal(new Set(times).size, times.length, 'no time of a schedule comes twice');
      return tookMs;
    },
  };
}
