import assert from 'node:assert/strict';
import { ConnectionError, TimeoutError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import { isAtRest } from './crash-points.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { runStatesOf, statesOf } from './task-process.js';

export const faultCases: readonly DispatcherCase[] = [
  {
    id: 'D-20',
    title: 'records that can not be written for a moment cost no second run, and no attempt',
    run: waitsForRecords,
  },
  {
    id: 'D-20',
    title: 'records that stay away: the message goes back uncounted, and the task ends when they are there again',
    needs: ['testClock'],
    run: outlastsRecords,
  },
  { id: 'D-20', title: 'a lost reply to any write of a record changes nothing', timeoutMs: 20_000, run: survivesLostReplies },
  { id: 'D-16', title: 'a worker that lost its lease can not end the task for its successor', run: fencesTheLate },
  { id: 'D-16', title: 'nor does one that lost it before it began run the task beside its successor', run: stopsTheOutrun },
  {
    id: 'D-17',
    title: 'a dispatch that fails says what is known of the task, and leaves nothing where it was not published',
    timeoutMs: 30_000,
    run: tellsTheTruth,
  },
  { id: 'D-03', title: 'a dispatch whose last word is lost has dispatched all the same', run: needsNoLastWord },
];

async function waitsForRecords(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const seen = worker.work('work', () => {
    worker.line.loseRequest('records.write', 3);
    return 'done';
  });
  const task = await here.dispatcher.dispatch('work', 1, { maxRetries: 0 });
  worker.line.loseRequest('records.write', 3);
  await worker.start();
  assert.equal(await context.settles('10s', task.result(), 'the task ends'), 'done');
  assert.deepEqual(
    seen.starts.map(({ attempt }) => attempt),
    [1],
  );
  assert.equal((await task.status())?.attempts, 1);
}

async function outlastsRecords(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  let isAway = true;
  const seen = worker.work('work', () => {
    if (isAway) worker.line.loseRequest('records.write', 1000);
    return 'done';
  });
  const task = await here.dispatcher.dispatch('work', 1, { maxRetries: 0 });
  worker.line.loseRequest('records.write', 1000);
  await worker.start();
  await context.advance('1m');
  assert.deepEqual(seen.starts, [], 'nothing runs that could not be said to run');
  worker.line.forgive();
  await context.within('10s', () => seen.starts.length === 1, 'the task runs');
  await context.advance('1m');
  assert.equal((await task.status())?.state, 'running');
  isAway = false;
  worker.line.forgive();
  assert.equal(await context.settles('1m', task.result(), 'the task ends'), 'done');
  assert.ok(seen.starts.every(({ attempt }) => attempt === 1));
  await context.within('10s', () => isAtRest(here), 'its message is settled');
  assert.deepEqual(context.trail.problems(), []);
}

async function survivesLostReplies(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process({ queues: { concurrency: 1 } })];
  let loseFrom = 0;
  const seen = worker.work('work', (_, { attempt }) => {
    if (loseFrom === 2) worker.line.loseReply('records.write');
    if (attempt === 1) throw new Error('once more');
    if (loseFrom === 3) worker.line.loseReply('records.write');
    return 'done';
  });
  await worker.start();
  for (loseFrom = 0; loseFrom <= 3; loseFrom++) {
    if (loseFrom === 1) worker.line.loseReply('records.write');
    const task = await here.dispatcher.dispatch('work', loseFrom, { maxRetries: 1 });
    assert.equal(await context.settles('10s', task.result(), 'the task ends'), 'done');
    const status = await task.status();
    assert.deepEqual(runStatesOf(status), ['running', 'retrying', 'running', 'completed']);
    assert.equal(seen.startsOf(task.id).length, 2);
    await context.within('5s', () => isAtRest(here), 'its message is settled');
  }
}

/** The first worker's word on how its attempt ended is on its way while its lease runs out. */
async function fencesTheLate(context: DispatcherContext): Promise<void> {
  const queues = { visibilityTimeout: '500ms' };
  const busy = { ...queues, concurrency: 1, prefetch: 0 };
  const [here, first, second] = [await context.process(), await context.process({ queues: busy }), await context.process({ queues })];
  const [late, working] = [context.gate(), context.gate()];
  first.work('work', () => {
    for (const method of ['records.write', 'queue.extend'] as const) first.line.hold(method, late);
    throw new Error('the first one failed');
  });
  await first.start();
  const task = await here.dispatcher.dispatch('work', 1, { maxRetries: 5 });
  await context.until('running', task);
  await context.within('3s', () => first.line.callsOf('queue.extend') > 0, 'the first worker can not renew its lease');
  const seen = second.work('work', async () => {
    await working.opened;
    return 'by the second';
  });
  await second.start();
  await context.within('3s', () => seen.starts.length === 1, 'the second worker has it');
  late.open();
  await context.advance('1s');
  const status = await task.status();
  assert.deepEqual([status?.state, status?.error], ['running', undefined]);
  working.open();
  assert.equal(await context.settles('10s', task.result(), 'the task ends'), 'by the second');
  assert.deepEqual(context.trail.problems(), []);
}

/** The first worker's word that it runs the task is on its way while its lease runs out. */
async function stopsTheOutrun(context: DispatcherContext): Promise<void> {
  const queues = { visibilityTimeout: '500ms' };
  // The first one can take no second message: it would be its own successor.
  const busy = { ...queues, concurrency: 1, prefetch: 0 };
  const [here, first, second] = [await context.process(), await context.process({ queues: busy }), await context.process({ queues })];
  const [late, working] = [context.gate(), context.gate()];
  const outrun = first.work('work', () => 'by the first');
  const task = await here.dispatcher.dispatch('work', 1, { maxRetries: 5 });
  for (const method of ['records.write', 'queue.extend'] as const) first.line.hold(method, late);
  await first.queue().start();
  await context.within('3s', () => first.line.callsOf('queue.extend') > 0, 'the first worker can not renew its lease');
  const seen = second.work('work', async () => {
    await working.opened;
    return 'by the second';
  });
  await second.start();
  await context.within('3s', () => seen.starts.length === 1, 'the second worker has it');
  late.open();
  await context.advance('1s');
  assert.deepEqual(outrun.starts, []);
  assert.equal((await task.status())?.state, 'running');
  working.open();
  assert.equal(await context.settles('10s', task.result(), 'the task ends'), 'by the second');
  assert.deepEqual(context.trail.problems(), []);
}

async function tellsTheTruth(context: DispatcherContext): Promise<void> {
  const [here, other] = [await context.process(), await context.process()];
  const failureOf = async (id: string) => {
    const failing = here.dispatcher.dispatch('work', 1, { id }).catch((thrown: unknown) => thrown);
    const error = await context.settles('15s', failing, 'the dispatch settles');
    assert.ok(error instanceof ConnectionError || error instanceof TimeoutError, String(error));
    assert.deepEqual(error.ids, [id]);
    here.line.forgive();
    return error.outcome;
  };
  here.line.loseRequest('records.write');
  assert.equal(await failureOf('no-record'), 'not-published');
  here.line.loseRequest('queue.publish', 1000);
  assert.equal(await failureOf('no-message'), 'not-published');
  for (const id of ['no-record', 'no-message']) assert.equal(await other.dispatcher.status(id), undefined, id);
  const held = context.gate();
  here.line.hold('queue.publish', held);
  assert.equal(await failureOf('late'), 'unknown');
  held.open();
  const seen = other.work('work', () => 'done');
  await other.start();
  assert.equal(await context.settles('10s', other.dispatcher.task('late').result(), 'it was published after all'), 'done');
  assert.deepEqual(seen.ids, ['late']);
  const { total_dispatched, by_state } = await here.dispatcher.stats();
  assert.deepEqual([total_dispatched, by_state.completed + by_state.pending], [1, 1]);
}

async function needsNoLastWord(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  process.work('work', () => 'done');
  const published = context.gate();
  process.line.hold('queue.publish', published);
  const dispatching = process.dispatcher.dispatch('work', 1);
  await context.eventually(() => process.line.callsOf('queue.publish') === 1, 'the message is on its way');
  process.line.loseRequest('records.write');
  published.open();
  const task = await context.settles('5s', dispatching, 'the dispatch resolves');
  await process.start();
  assert.equal(await context.settles('10s', task.result(), 'the result is there'), 'done');
  assert.deepEqual(statesOf(await task.status()), ['pending', 'running', 'completed']);
}
