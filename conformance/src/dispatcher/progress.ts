import assert from 'node:assert/strict';
import { sleep, type TaskStatus } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';

export const progressCases: readonly DispatcherCase[] = [
  { id: 'D-15', title: 'progress is told in order, at most every 100 ms, and the last value is kept', run: throttles },
  { id: 'D-15', title: 'while the task runs its status shows how far it is, in every process', run: showsProgress },
  { id: 'D-15', title: 'what was told right before the end is told before the end', run: tellsTheLast },
  {
    id: 'D-15',
    title: 'a value that can not be carried is refused where it is told, one that is too large is left out',
    run: boundsProgress,
  },
];

async function throttles(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const { clock } = context.scope.time;
  worker.work('count', async (_, { progress }) => {
    for (let percent = 0; percent <= 100; percent++) {
      progress(percent);
      await sleep(clock, 5);
    }
    return 'counted';
  });
  await worker.start();
  const told: { readonly at: number; readonly status: TaskStatus }[] = [];
  const task = await here.dispatcher.dispatch('count', 1, { onProgress: (status) => void told.push({ at: context.now(), status }) });
  assert.equal(await context.settles('15s', task.result(), 'it has counted'), 'counted');
  await context.eventually(() => told.at(-1)?.status.progress === 100, 'the last value is told');
  const percents = told.map(({ status }) => Number(status.progress));
  assert.deepEqual(
    percents,
    [...new Set(percents)].toSorted((one, other) => one - other),
    'each is more than the one before',
  );
  // 101 values in half a second.
  assert.ok(percents.length >= 3 && percents.length <= 8 + 2 * (context.scope.harness.clock === 'server' ? 20 : 0), `told: ${percents}`);
  assert.ok(told.every(({ status }) => status.state === 'running' && status.id === task.id));
  assert.equal((await task.status())?.progress, 100);
}

async function showsProgress(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const gate = context.gate();
  worker.work('half', async (_, { progress }) => {
    progress({ step: 1, of: 2 });
    await gate.opened;
    return 'whole';
  });
  await worker.start();
  const task = await here.dispatcher.dispatch('half', 1);
  const isShown = async () => ((await task.status())?.progress as { step?: number } | undefined)?.step === 1;
  await context.within('5s', isShown, 'the status shows the progress');
  const status = await task.status();
  assert.deepEqual([status?.state, status?.progress], ['running', { step: 1, of: 2 }]);
  gate.open();
  const ended = await context.until('completed', task);
  assert.deepEqual(ended.progress, { step: 1, of: 2 });
  assert.deepEqual(context.trail.problems(), []);
}

async function tellsTheLast(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  worker.work('quick', ({ payload }, { progress }) => {
    progress('begun');
    progress(payload);
  });
  await worker.start();
  const told: unknown[] = [];
  for (const payload of ['one', 'two']) {
    const onProgress = ({ progress }: TaskStatus) => void told.push(progress);
    const onComplete = ({ progress }: TaskStatus) => void told.push(`${progress} and done`);
    await here.dispatcher.dispatch('quick', payload, { onProgress, onComplete });
    await context.within('5s', () => told.at(-1) === `${payload} and done`, 'the end is told');
  }
  assert.deepEqual(told, ['one', 'one and done', 'two', 'two and done']);
}

async function boundsProgress(context: DispatcherContext): Promise<void> {
  const process = await context.process({ maxResultBytes: 100 });
  process.work('bad', (_, { progress }) => {
    progress('small');
    assert.throws(() => progress(() => 1), { name: 'PayloadError' });
    progress('x'.repeat(200));
    return 'done';
  });
  await process.start();
  const task = await process.dispatcher.dispatch('bad', 1, { maxRetries: 0 });
  assert.equal(await context.settles('10s', task.result(), 'its work is not harmed'), 'done');
  assert.notEqual((await task.status())?.progress, 'x'.repeat(200));
}
