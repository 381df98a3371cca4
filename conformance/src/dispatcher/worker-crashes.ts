import assert from 'node:assert/strict';
import { type TaskState, UnrecoverableError } from '@quayside/core';
import type { Work } from '../queue/recorder.js';
import type { DispatcherContext } from './context.js';
import { crashPoints, isAtRest, nameOf, Watchman } from './crash-points.js';
import type { DispatcherCase } from './dispatcher-case.js';
import type { TaskProcess } from './task-process.js';

export const workerCrashCases: readonly DispatcherCase[] = [
  {
    id: 'D-20',
    title: 'a crash between the terminal status and the settlement: the redelivered message runs nothing and is settled',
    run: runsNothingAgain,
  },
  {
    id: 'D-20',
    title: 'a worker that ends at any of its calls: its task completes, by the next worker where need be, and never runs after its end',
    timeoutMs: 40_000,
    run: (context) => crashesEverywhere(context, 'completed'),
  },
  {
    id: 'D-20',
    title: 'the same of a task that fails: it is failed and a dead letter, whatever the worker had said before it ended',
    timeoutMs: 40_000,
    run: (context) => crashesEverywhere(context, 'failed'),
  },
];

const maxRetries = 2;
const queues = { visibilityTimeout: '1s' };

async function runsNothingAgain(context: DispatcherContext): Promise<void> {
  const [here, first, second] = [await context.process(), await context.process({ queues }), await context.process({ queues })];
  first.work('work', () => {
    // What follows the terminal status, the settlement, is never sent.
    first.line.hold('queue.exchange', context.gate());
    return 'done';
  });
  await first.start();
  const task = await here.dispatcher.dispatch('work', 1);
  const before = await context.until('completed', task);
  assert.equal((await here.queue().find(task.id))?.state, 'active', 'the message is not settled');
  first.crash();
  const seen = second.work('work', () => 'done again');
  await second.start();
  await context.within('5s', () => isAtRest(here), 'the redelivered message is settled');
  assert.deepEqual(seen.starts, []);
  assert.deepEqual(await task.status(), before);
  assert.equal(await context.settles('5s', task.result(), 'the result is there'), 'done');
}

async function crashesEverywhere(context: DispatcherContext, end: 'completed' | 'failed'): Promise<void> {
  const watchman = new Watchman(context);
  const work: Work = ({ id }, { attempt, progress }) => {
    watchman.check(id);
    progress(attempt);
    if (end === 'failed') throw new UnrecoverableError('never');
    if (attempt === 1) throw new Error('once more');
    return `by attempt ${attempt}`;
  };
  const dispatcher = await context.process();
  const calls = await countCalls(context, dispatcher, work, end);
  const runs = await Promise.all(
    crashPoints(calls).map(async (point) => {
      const queue = `${end}-${nameOf(point)}`;
      dispatcher.dispatcher.addRoute({ type: queue, to: queue });
      const worker = await context.process({ queues });
      const first = worker.work(queue, work, queue);
      worker.line.crashAt(point);
      const task = await dispatcher.dispatcher.dispatch(queue, 1, { maxRetries });
      return { queue, worker, first, task };
    }),
  );
  for (const { worker } of runs) void worker.start();
  const isOver = async ({ worker, task }: (typeof runs)[number]) => worker.line.isDead || (await task.status())?.state === end;
  const areOver = async () => (await Promise.all(runs.map(isOver))).every(Boolean);
  await context.within('10s', areOver, 'every worker has ended, or done its work');
  const next = await context.process({ queues });
  const successors = runs.map(({ queue }) => next.work(queue, work, queue));
  await next.start();
  const isAllDone = async () => (await Promise.all(runs.map(({ queue }) => isAtRest(dispatcher, queue)))).every(Boolean);
  await context.within('20s', isAllDone, 'every message is settled');
  for (const [index, { queue, first, task, worker }] of runs.entries()) {
    const status = await context.until(end as TaskState, task);
    const starts = first.starts.length + (successors[index]?.starts.length ?? 0);
    // The dead worker may have said `running` and died before its handler.
    assert.ok(starts >= 1 && starts <= maxRetries + 1, `${queue}: ${starts} starts`);
    if (end === 'completed') assert.match(String(status.result), /^by attempt [23]$/, queue);
    else assert.notEqual(await dispatcher.queue(queue).deadLetters.get(task.id), undefined, `${queue} is a dead letter`);
    assert.ok(worker.line.isDead || successors[index]?.starts.length === 0, queue);
  }
  assert.ok(runs.filter(({ worker }) => worker.line.isDead).length >= 2 * 8, 'the worker makes as many calls as it is stopped at');
  assert.deepEqual(watchman.startedEnded, [], 'no run after the end');
  assert.deepEqual(context.trail.problems(), []);
}

/** How many calls a worker makes for one task of this kind, from its start on. */
async function countCalls(context: DispatcherContext, dispatcher: TaskProcess, work: Work, type: string): Promise<number> {
  const worker = await context.process({ queues });
  worker.work(type, work);
  const task = await dispatcher.dispatcher.dispatch(type, 1, { maxRetries });
  await worker.start();
  await context.until(type as TaskState, task);
  await context.within('5s', () => isAtRest(dispatcher), 'its message is settled');
  return worker.line.calls;
}
