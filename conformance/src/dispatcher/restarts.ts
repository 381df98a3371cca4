import assert from 'node:assert/strict';
import { ClosedError, TimeoutError } from '@quayside/core';
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
  {
    id: 'D-07',
    title: 'with a server that answers nothing any more every call settles in its bound, and so does stop',
    timeoutMs: 30_000,
    run: settlesInSilence,
  },
  { id: 'D-07', title: 'a dispatcher that stops lets its dispatches under way end first', run: letsDispatchesEnd },
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

async function settlesInSilence(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const { dispatcher } = process;
  const task = await dispatcher.dispatch('work', 1);
  process.crash();
  const calls = [dispatcher.dispatch('work', 2), task.status(), task.cancel(), task.result({ timeout: '1s' })];
  const errors = await context.settles('6s', Promise.allSettled(calls), 'every call settles');
  for (const error of errors) assert.ok(error.status === 'rejected' && error.reason instanceof TimeoutError, JSON.stringify(error));
  const dispatching = dispatcher.dispatch('work', 3).catch((thrown: unknown) => thrown);
  const waiting = context.rejection(task);
  await context.settles('1500ms', dispatcher.stop({ graceMs: 400 }), 'stop settles');
  assert.ok((await waiting) instanceof ClosedError);
  await context.settles('6s', dispatching, 'the dispatch settles');
}

async function letsDispatchesEnd(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const published = context.gate();
  here.line.hold('queue.publish', published);
  const dispatching = here.dispatcher.dispatch('work', 1, { id: 'last' });
  await context.eventually(() => here.line.callsOf('queue.publish') === 1, 'the message is on its way');
  const stopping = here.dispatcher.stop();
  await assert.rejects(here.dispatcher.dispatch('work', 2), ClosedError);
  published.open();
  await context.settles('5s', stopping, 'stop settles');
  assert.equal((await dispatching).id, 'last');
  assert.equal((await worker.dispatcher.status('last'))?.state, 'queued');
}
