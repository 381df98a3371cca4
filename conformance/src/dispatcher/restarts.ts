import assert from 'node:assert/strict';
import { ClosedError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { statesOf } from './task-process.js';

export const restartCases: readonly DispatcherCase[] = [
  {
    id: 'D-07',
    title: 'a dispatcher that is restarted before and after the work was done reads status and result',
    run: readsAfterARestart,
  },
  { id: 'D-07', title: 'who waits in a restarted dispatcher gets the result when it comes', run: waitsAfterARestart },
  { id: 'D-07', title: 'a dispatcher that stops ends its waits with a ClosedError, and its tasks go on', run: endsItsWaits },
];

async function readsAfterARestart(context: DispatcherContext): Promise<void> {
  const [first, worker] = [await context.process(), await context.process()];
  const { id } = await first.dispatcher.dispatch('work', 20);
  await first.dispatcher.stop();
  const second = await context.process();
  const early = await second.dispatcher.status(id);
  assert.deepEqual([early?.state, early?.type, early?.queue], ['queued', 'work', 'tasks']);
  worker.work('work', ({ payload }) => Number(payload) + 1);
  await worker.start();
  await context.until('completed', second.dispatcher.task(id));
  second.crash();
  const third = await context.process();
  const status = await third.dispatcher.status(id);
  assert.deepEqual([status?.result, statesOf(status)], [21, ['pending', 'queued', 'running', 'completed']]);
  assert.equal(await context.settles('5s', third.dispatcher.task(id).result(), 'the result is there'), 21);
}

async function waitsAfterARestart(context: DispatcherContext): Promise<void> {
  const [first, worker] = [await context.process(), await context.process()];
  const gate = context.gate();
  worker.work('work', async () => {
    await gate.opened;
    return 'done';
  });
  await worker.start();
  const { id } = await first.dispatcher.dispatch('work', 1);
  first.crash();
  const second = await context.process();
  const result = second.dispatcher.task(id).result();
  await context.until('running', second.dispatcher.task(id));
  gate.open();
  assert.equal(await context.settles('10s', result, 'the result comes'), 'done');
}

async function endsItsWaits(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const gate = context.gate();
  worker.work('work', () => gate.opened);
  await worker.start();
  const task = await here.dispatcher.dispatch('work', 1, { timeout: '1h' });
  await context.until('running', task);
  const waiting = context.rejection(task);
  const stops = Promise.all([here.dispatcher.stop({ graceMs: 0 }), here.dispatcher.stop(), here.dispatcher.stop()]);
  await context.settles('2s', stops, 'every stop settles');
  assert.ok((await waiting) instanceof ClosedError);
  for (const call of [
    () => here.dispatcher.dispatch('work', 1),
    () => task.status(),
    () => task.cancel(),
    () => task.result(),
    () => here.dispatcher.stats(),
  ]) {
    await assert.rejects(call, ClosedError);
  }
  gate.open();
  await context.until('completed', worker.dispatcher.task(task.id));
}
