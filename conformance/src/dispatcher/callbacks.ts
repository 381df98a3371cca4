import assert from 'node:assert/strict';
import { ConfigError, type TaskCallbacks, type TaskStatus, UnrecoverableError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import type { TaskProcess } from './task-process.js';

export const callbackCases: readonly DispatcherCase[] = [
  { id: 'D-06', title: 'each end is told once in the dispatching process: for one task, for a type, and for all', run: tellsEachEndOnce },
  { id: 'D-06', title: 'onFailure tells of failed, cancelled and timed out tasks', run: tellsFailures },
  {
    id: 'D-06',
    title: 'a process is not called back for what another dispatched, nor after its callback was removed',
    run: tellsNobodyElse,
  },
  { id: 'D-06', title: 'a callback that throws, at once or later, harms neither the task nor the other callbacks', run: survivesThrows },
  { id: 'D-06', title: 'an end whose notice was lost is told all the same', needs: ['testClock'], run: findsLostEnds },
  { id: 'D-06', title: 'ends that were told while the connection was away are found when it is back', run: findsMissedEnds },
  { id: 'D-06', title: 'an end that was missed is found when the next notice shows the gap', run: findsGaps },
  { id: 'D-06', title: 'a worker that vanishes between the end and its notice: the one that comes after it tells', run: tellsAgain },
  {
    id: 'D-13',
    title: 'with enable_callbacks false callbacks are refused with a ConfigError, and nothing is dispatched',
    run: refusesCallbacks,
  },
];

type Told = readonly [name: keyof TaskCallbacks, id: string, state: string];

/** Callbacks that write down what they were told. */
export function listener(): { readonly told: Told[]; readonly statuses: TaskStatus[]; readonly callbacks: Required<TaskCallbacks> } {
  const told: Told[] = [];
  const statuses: TaskStatus[] = [];
  const tell = (name: keyof TaskCallbacks) => (status: TaskStatus) => {
    told.push([name, status.id, status.state]);
    statuses.push(status);
  };
  return { told, statuses, callbacks: { onProgress: tell('onProgress'), onComplete: tell('onComplete'), onFailure: tell('onFailure') } };
}

async function pair(context: DispatcherContext): Promise<readonly [here: TaskProcess, worker: TaskProcess]> {
  const [here, worker] = [await context.process(), await context.process()];
  worker.work('good', () => 'well');
  worker.work('bad', () => {
    throw new UnrecoverableError('badly');
  });
  await worker.start();
  return [here, worker];
}

async function tellsEachEndOnce(context: DispatcherContext): Promise<void> {
  const [here] = await pair(context);
  const [own, ofType, ofAll] = [listener(), listener(), listener()];
  here.dispatcher.on(ofType.callbacks, 'good');
  here.dispatcher.on(ofAll.callbacks);
  const good = await here.dispatcher.dispatch('good', 1, own.callbacks);
  const bad = await here.dispatcher.dispatch('bad', 2);
  await context.within('10s', () => ofAll.told.length >= 2, 'both ends are told');
  const marker = await here.dispatcher.dispatch('good', 3);
  await context.within('10s', () => ofAll.told.length >= 3, 'the marker is told');
  const end = ['onComplete', good.id, 'completed'];
  const last = ['onComplete', marker.id, 'completed'];
  assert.deepEqual(own.told, [end]);
  assert.deepEqual(ofType.told, [end, last]);
  assert.deepEqual(
    ofAll.told.toSorted(([, one], [, other]) => (one < other ? -1 : 1)),
    [end, ['onFailure', bad.id, 'failed'], last],
  );
  assert.deepEqual([own.statuses[0]?.result, own.statuses[0]?.type, own.statuses[0]?.attempts], ['well', 'good', 1]);
}

async function tellsFailures(context: DispatcherContext): Promise<void> {
  const [here] = await pair(context);
  const { told, statuses, callbacks } = listener();
  const failed = await here.dispatcher.dispatch('bad', 1, callbacks);
  const cancelled = await here.dispatcher.dispatch('nobody', 1, callbacks);
  const late = await here.dispatcher.dispatch('nobody', 1, { ...callbacks, timeout: '100ms' });
  await cancelled.cancel();
  await context.within('10s', () => told.length >= 3, 'all three ends are told');
  assert.deepEqual(
    new Map(told.map(([name, id, state]) => [id, `${name} ${state}`])),
    new Map([
      [failed.id, 'onFailure failed'],
      [cancelled.id, 'onFailure cancelled'],
      [late.id, 'onFailure timed_out'],
    ]),
  );
  assert.equal(told.length, 3);
  assert.equal(statuses.find(({ id }) => id === failed.id)?.error?.message, 'badly');
}

async function tellsNobodyElse(context: DispatcherContext): Promise<void> {
  const [here, there] = await pair(context);
  const [mine, theirs, removed] = [listener(), listener(), listener()];
  here.dispatcher.on(mine.callbacks);
  there.dispatcher.on(theirs.callbacks);
  const remove = here.dispatcher.on(removed.callbacks);
  remove();
  remove();
  const task = await here.dispatcher.dispatch('good', 1);
  await context.within('10s', () => mine.told.length === 1, 'the end is told here');
  const marker = await there.dispatcher.dispatch('good', 2);
  await context.within('10s', () => theirs.told.length === 1, 'the marker is told there');
  assert.deepEqual([mine.told[0]?.[1], theirs.told[0]?.[1]], [task.id, marker.id]);
  assert.deepEqual(removed.told, []);
}

async function survivesThrows(context: DispatcherContext): Promise<void> {
  const [here] = await pair(context);
  const { told, callbacks } = listener();
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  context.scope.onEnd(() => process.off('unhandledRejection', note));
  const throwing = () => {
    throw new Error('a bad callback');
  };
  const rejecting = async () => {
    throw new Error('a callback that fails later');
  };
  here.dispatcher.on({ onComplete: rejecting });
  here.dispatcher.on(callbacks);
  const task = await here.dispatcher.dispatch('good', 1, { onComplete: throwing, onProgress: throwing });
  assert.equal(await context.settles('10s', task.result(), 'the result is there'), 'well');
  await context.within('10s', () => told.length === 1, 'the next callback is called');
  // What nobody handles is told before the next turn of the event loop.
  await context.settle();
  assert.deepEqual(unhandled, []);
}

async function findsLostEnds(context: DispatcherContext): Promise<void> {
  const [here] = await pair(context);
  const { told, callbacks } = listener();
  await here.start();
  here.deafen();
  const task = await here.dispatcher.dispatch('good', 1, callbacks);
  assert.equal(await context.settles('10s', task.result(), 'whoever waits for the result finds it soon'), 'well');
  const [other, watching] = [await here.dispatcher.dispatch('bad', 2, callbacks), told.length];
  await context.within('2m', () => told.length > watching, 'nobody waits for this one, and its end is found');
  await context.advance('10m');
  assert.deepEqual(told, [
    ['onComplete', task.id, 'completed'],
    ['onFailure', other.id, 'failed'],
  ]);
}

async function findsMissedEnds(context: DispatcherContext): Promise<void> {
  const [here] = await pair(context);
  const { told, callbacks } = listener();
  await here.start();
  here.deafen();
  const task = await here.dispatcher.dispatch('good', 1, callbacks);
  await context.until('completed', task);
  assert.deepEqual(told, []);
  here.reconnect();
  await context.eventually(() => told.length > 0, 'the end is told');
  assert.deepEqual(told, [['onComplete', task.id, 'completed']]);
}

async function findsGaps(context: DispatcherContext): Promise<void> {
  const [here] = await pair(context);
  const { told, callbacks } = listener();
  await here.start();
  const first = await here.dispatcher.dispatch('good', 1, callbacks);
  await context.within('5s', () => told.length === 1, 'the first end is told');
  here.deafen();
  const missed = await here.dispatcher.dispatch('good', 2, callbacks);
  await context.until('completed', missed);
  here.deafen(false);
  const last = await here.dispatcher.dispatch('good', 3, callbacks);
  await context.within('5s', () => told.length >= 3, 'the missed end is told with the last');
  assert.deepEqual(new Set(told.map(([, id]) => id)), new Set([first.id, missed.id, last.id]));
}

/** The worker's notice is its first publish; it dies before that, and before it has settled the message. */
async function tellsAgain(context: DispatcherContext): Promise<void> {
  const here = await context.process();
  const queues = { visibilityTimeout: '1s' };
  const [first, second] = [await context.process({ queues }), await context.process({ queues })];
  const { told, callbacks } = listener();
  const ran = first.work('good', () => {
    first.line.hold('pubsub.publish', context.gate());
    first.line.hold('queue.exchange', context.gate());
    return 'well';
  });
  await first.start();
  const task = await here.dispatcher.dispatch('good', 1, callbacks);
  await context.until('completed', task);
  first.crash();
  const again = second.work('good');
  await second.start();
  await context.within('10s', () => told.length > 0, 'the end is told');
  assert.deepEqual(told, [['onComplete', task.id, 'completed']]);
  assert.deepEqual([ran.starts.length, again.starts.length], [1, 0]);
}

async function refusesCallbacks(context: DispatcherContext): Promise<void> {
  const { dispatcher } = await context.process({ enableCallbacks: false });
  const { callbacks } = listener();
  const isRefused = (error: unknown) =>
    error instanceof ConfigError && /enable_callbacks/.test(error.message) && /onComplete/.test(error.message);
  await assert.rejects(dispatcher.dispatch('good', 1, { ...callbacks, id: 'refused' }), isRefused);
  await assert.rejects(dispatcher.dispatchBatch([{ type: 'good', payload: 1, options: { id: 'refused' } }], callbacks), isRefused);
  assert.throws(() => dispatcher.on(callbacks), isRefused);
  assert.equal(await dispatcher.status('refused'), undefined);
  assert.equal((await (await dispatcher.dispatch('good', 1)).status())?.state, 'queued');
}
