import assert from 'node:assert/strict';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { statesOf } from './task-process.js';

export const statusCases: readonly DispatcherCase[] = [
  { id: 'D-03', title: 'a task goes pending, queued, running, completed, and its history has the times', run: goesItsWay },
  {
    id: 'D-03',
    title: 'while it runs its status names queue, worker and attempt; before, and of an unknown id, there is none',
    run: namesItsWorker,
  },
  {
    id: 'D-18',
    title: 'where a worker is faster than the word that the task is queued, the status does not move backwards',
    run: neverMovesBackwards,
  },
];

async function goesItsWay(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  process.work('add', () => 3);
  const begun = context.now();
  const task = await process.dispatcher.dispatch('add', [1, 2]);
  const queued = await task.status();
  assert.deepEqual([queued?.id, queued?.type, queued?.state, queued?.queue, queued?.attempts], [task.id, 'add', 'queued', 'tasks', 0]);
  await context.advance('50ms');
  await process.start();
  const status = await context.until('completed', task);
  assert.deepEqual(statesOf(status), ['pending', 'queued', 'running', 'completed']);
  assert.equal(status.result, 3);
  const times = status.history.map(({ at }) => at.getTime());
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
  assert.ok((times[0] ?? 0) >= begun && (times[3] ?? 0) <= context.now(), `${times} lies between ${begun} and ${context.now()}`);
  assert.ok((times[2] ?? 0) - (times[1] ?? 0) >= 50, 'the time in the queue shows');
  assert.deepEqual(context.trail.problems(), []);
}

async function namesItsWorker(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  assert.equal(await process.dispatcher.status('unknown'), undefined);
  const gate = context.gate();
  process.work('wait', () => gate.opened);
  const task = await process.dispatcher.dispatch('wait', 1);
  assert.equal((await task.status())?.worker, undefined);
  await process.start();
  const running = await context.until('running', task);
  assert.deepEqual([running.queue, running.attempts], ['tasks', 1]);
  assert.ok(running.worker !== undefined && running.worker.length > 0);
  gate.open();
  await context.until('completed', task);
}

async function neverMovesBackwards(context: DispatcherContext): Promise<void> {
  const [here, there] = [await context.process(), await context.process()];
  const worker = there.work('add', () => 3);
  await there.start();
  const [published, told] = [context.gate(), context.gate()];
  here.line.hold('queue.publish', published);
  const dispatching = here.dispatcher.dispatch('add', 1, { id: 'quick' });
  await context.eventually(() => here.line.callsOf('queue.publish') === 1, 'the record is written, and the message on its way');
  here.line.hold('records.write', told);
  published.open();
  await context.within('5s', () => worker.ended.length === 1, 'the worker has done it');
  await context.until('completed', there.dispatcher.task('quick'));
  assert.equal(here.line.callsOf('records.write'), 2);
  told.open();
  const task = await dispatching;
  const status = await task.status();
  assert.deepEqual([status?.state, statesOf(status)], ['completed', ['pending', 'running', 'completed']]);
  assert.equal(await task.result(), 3);
  assert.deepEqual((await here.dispatcher.stats()).by_state.completed, 1);
}
