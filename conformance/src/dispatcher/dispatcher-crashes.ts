import assert from 'node:assert/strict';
import { UnrecoverableError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import { crashPoints, isAtRest, nameOf, Watchman } from './crash-points.js';
import type { DispatcherCase } from './dispatcher-case.js';

export const dispatcherCrashCases: readonly DispatcherCase[] = [
  {
    id: 'D-21',
    title: 'a dispatcher killed between its record and its publish: the task ends failed, not-published, by the repair pass',
    timeoutMs: 40_000,
    run: endsTheUnpublished,
  },
  {
    id: 'D-21',
    title: 'a dispatcher that ends at any of its calls: the task completes and ran once, or is failed and never ran, or never was',
    timeoutMs: 40_000,
    run: crashesEverywhere,
  },
  {
    id: 'D-21',
    title: 'wherever it ended, dispatching again with the same id from another process makes one task, which completes',
    timeoutMs: 40_000,
    run: triesAgain,
  },
  {
    id: 'D-21',
    title: 'one that was killed before it could say that the task is queued: the repair pass says it',
    timeoutMs: 40_000,
    run: saysQueued,
  },
  {
    id: 'D-21',
    title: 'a task that a worker ran or buried which minds no tasks ends failed, with the reason',
    timeoutMs: 40_000,
    run: endsTheUnminded,
  },
  {
    id: 'D-21',
    title: 'a task whose message is removed by hand ends failed, message-gone',
    timeoutMs: 40_000,
    run: endsTheRemoved,
  },
];

const repairInterval = '1s';
/** The repair pass leaves a task alone that moved within ten seconds: its message may be on its way. */
const repairedWithin = '20s';

async function endsTheUnpublished(context: DispatcherContext): Promise<void> {
  const [here, other] = [await context.process(), await context.process({ repairInterval })];
  const seen = other.work('work');
  await other.start();
  here.line.hold('queue.publish', context.gate());
  void here.dispatcher.dispatch('work', 1, { id: 'unpublished' }).catch(() => {});
  await context.eventually(() => here.line.callsOf('queue.publish') === 1, 'the record is written');
  here.crash();
  const task = other.dispatcher.task('unpublished');
  assert.equal((await task.status())?.state, 'pending');
  const waiting = context.rejection(task, repairedWithin);
  const status = await context.until('failed', task, repairedWithin);
  assert.equal(status.reason, 'not-published');
  assert.match((await waiting).message, /not-published/);
  assert.deepEqual(seen.starts, []);
}

/** A dispatch makes so many calls: its subscription, its record, its publish, its word that the task is queued. */
const callsOfADispatch = 4;

/** Processes that end at each of their calls while they dispatch. */
async function dispatchAndCrash(context: DispatcherContext): Promise<readonly string[]> {
  const points = crashPoints(callsOfADispatch);
  const processes = await Promise.all(points.map(() => context.process()));
  points.forEach((point, index) => {
    const process = processes[index];
    process?.line.crashAt(point);
    void process?.dispatcher.dispatch('work', 1, { id: nameOf(point) }).catch(() => {});
  });
  await context.within('5s', () => processes.every(({ line }) => line.isDead), 'every dispatcher has ended');
  return points.map(nameOf);
}

async function crashesEverywhere(context: DispatcherContext): Promise<void> {
  const ids = await dispatchAndCrash(context);
  const watchman = new Watchman(context);
  const other = await context.process({ repairInterval });
  const seen = other.work('work', ({ id }) => watchman.check(id));
  await other.start();
  const ends = async () => Promise.all(ids.map((id) => other.dispatcher.status(id)));
  const hasAllEnded = async () => (await ends()).every((status) => status === undefined || ['completed', 'failed'].includes(status.state));
  await context.within(repairedWithin, hasAllEnded, 'every task has ended');
  await context.within('5s', () => isAtRest(other), 'every message is settled');
  for (const [index, status] of (await ends()).entries()) {
    const runs = seen.startsOf(ids[index] ?? '').length;
    const expected = status?.state === 'completed' ? 1 : 0;
    assert.equal(runs, expected, `${ids[index]} ended as ${status?.state}, and ran ${runs} times`);
    if (status?.state === 'failed') assert.equal(status.reason, 'not-published');
  }
  const found = new Set((await ends()).map((status) => status?.state));
  assert.deepEqual(found, new Set([undefined, 'failed', 'completed']), 'a dispatch can end in each of these ways');
  assert.deepEqual(watchman.startedEnded, []);
  assert.deepEqual(context.trail.problems(), []);
}

async function triesAgain(context: DispatcherContext): Promise<void> {
  const ids = await dispatchAndCrash(context);
  const other = await context.process({ repairInterval });
  const seen = other.work('work', () => 'done');
  await other.start();
  const tasks = await Promise.all(ids.map((id) => other.dispatcher.dispatch('work', 1, { id })));
  const results = await context.settles('10s', Promise.all(tasks.map((task) => task.result())), 'every task completes');
  assert.deepEqual(
    results,
    ids.map(() => 'done'),
  );
  await context.within('5s', () => isAtRest(other), 'every message is settled');
  for (const id of ids) assert.equal(seen.startsOf(id).length, 1, id);
  assert.deepEqual(context.trail.problems(), []);
}

async function saysQueued(context: DispatcherContext): Promise<void> {
  const [here, other] = [await context.process(), await context.process({ repairInterval })];
  await other.dispatcher.start();
  const published = context.gate();
  here.line.hold('queue.publish', published);
  void here.dispatcher.dispatch('nobody', 1, { id: 'unsaid' }).catch(() => {});
  await context.eventually(() => here.line.callsOf('queue.publish') === 1, 'the record is written');
  here.line.hold('records.write', context.gate());
  published.open();
  await context.eventually(async () => (await other.queue().find('unsaid')) !== undefined, 'the message is published');
  here.crash();
  const task = other.dispatcher.task('unsaid');
  assert.equal((await task.status())?.state, 'pending');
  await context.until('queued', task, repairedWithin);
}

async function endsTheUnminded(context: DispatcherContext): Promise<void> {
  const [here, unminding] = [await context.process({ repairInterval }), await context.process({ areTasksMinded: false })];
  unminding.work('good', () => 'done');
  unminding.work('bad', () => {
    throw new UnrecoverableError('never');
  });
  await here.dispatcher.start();
  await unminding.queue().start();
  const [good, bad] = [await here.dispatcher.dispatch('good', 1), await here.dispatcher.dispatch('bad', 1)];
  const [gone, dead] = [await context.until('failed', good, repairedWithin), await context.until('failed', bad, repairedWithin)];
  assert.equal(gone.reason, 'message-gone');
  assert.deepEqual([dead.reason, dead.error?.message, dead.attempts], ['unrecoverable', 'never', 1]);
}

async function endsTheRemoved(context: DispatcherContext): Promise<void> {
  const process = await context.process({ repairInterval });
  await process.dispatcher.start();
  const ended: string[] = [];
  const task = await process.dispatcher.dispatch('nobody', 1, { onFailure: ({ state }) => void ended.push(state) });
  assert.equal(await process.queue().remove(task.id), true);
  const status = await context.until('failed', task, repairedWithin);
  assert.equal(status.reason, 'message-gone');
  await context.within('5s', () => ended.length > 0, 'its failure is told');
  assert.deepEqual(ended, ['failed']);
}
