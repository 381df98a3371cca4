import assert from 'node:assert/strict';
import { type BatchHandle, ConnectionError, NoRouteError, PayloadError, TimeoutError, UnrecoverableError } from '@quayside/core';
import { listener } from './callbacks.js';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import type { TaskProcess } from './task-process.js';

export const batchCases: readonly DispatcherCase[] = [
  {
    id: 'D-10',
    title: 'a batch goes to each of its queues in one call, and its results come in the order of its items',
    run: keepsTheOrder,
  },
  { id: 'D-10', title: 'counts and progress tell how far it is; callbacks tell each end once', run: tellsHowFar },
  { id: 'D-10', title: 'an empty batch is done', run: endsTheEmpty },
  { id: 'D-10', title: 'one item that can not be routed or carried: none is dispatched, and the error names it', run: refusesAll },
  { id: 'D-10', title: 'one item that its queue refuses: the error names it, and no item of another queue runs', run: refusesAllQueues },
  { id: 'D-10', title: 'results({ timeout }) tells of what has not ended; cancel ends all that has not', run: boundsAndCancels },
  {
    id: 'D-10',
    title: 'a fault that hits one queue of two is told as unknown with all ids, and a second try with them makes no second task',
    timeoutMs: 30_000,
    run: survivesHalf,
  },
];

const byType = [{ type: 'odd', to: 'other' }];

function items(count: number): readonly { readonly type: string; readonly payload: number }[] {
  return Array.from({ length: count }, (_, payload) => ({ type: payload % 2 === 0 ? 'even' : 'odd', payload }));
}

/** Tasks of type `even` on the default queue, `odd` on the other; every fifth fails. */
function work(process: TaskProcess) {
  const handle = ({ payload }: { readonly payload: unknown }) => {
    if (Number(payload) % 5 === 4) throw new UnrecoverableError(`no ${payload}`);
    return Number(payload) * 10;
  };
  return [process.work('even', handle), process.work('odd', handle, 'other')];
}

async function keepsTheOrder(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process({ routes: byType }), await context.process()];
  work(worker);
  await worker.start();
  const before = here.line.callsOf('queue.publish');
  const batch = await here.dispatcher.dispatchBatch(items(20));
  assert.equal(here.line.callsOf('queue.publish') - before, 2, 'one call a queue');
  assert.equal(new Set(batch.ids).size, 20);
  const results = await context.settles('10s', batch.results(), 'all have ended');
  results.forEach((result, index) => {
    assert.equal(result.id, batch.ids[index]);
    if (result.status === 'fulfilled') assert.equal(result.value, index * 10);
    else assert.equal(result.reason.message, `no ${index}`);
    assert.equal(result.status, index % 5 === 4 ? 'rejected' : 'fulfilled');
  });
}

async function tellsHowFar(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process({ routes: byType }), await context.process()];
  const { told, callbacks } = listener();
  const batch = await here.dispatcher.dispatchBatch(items(20), callbacks);
  assert.equal(await batch.progress(), 0);
  assert.equal((await batch.counts()).queued, 20);
  const [evens] = work(worker);
  await worker.queue().start();
  await context.within('10s', async () => (await batch.progress()) >= 0.5, 'half of it is done');
  assert.equal(evens?.ended.length, 10);
  assert.equal(await batch.progress(), 0.5);
  await worker.start();
  await context.within('10s', async () => (await batch.progress()) === 1, 'all is done');
  const { completed, failed } = await batch.counts();
  assert.deepEqual([completed, failed], [16, 4]);
  await context.within('5s', () => told.length >= 20, 'every end is told');
  assert.deepEqual(told.map(([, id]) => id).toSorted(), batch.ids.toSorted());
}

async function endsTheEmpty(context: DispatcherContext): Promise<void> {
  const { dispatcher, line } = await context.process();
  const batch = await dispatcher.dispatchBatch([]);
  assert.deepEqual([batch.ids, await batch.results(), await batch.progress()], [[], [], 1]);
  assert.equal((await batch.counts()).completed, 0);
  await batch.cancel();
  assert.equal(line.callsOf('queue.publish'), 0);
}

async function refusesAll(context: DispatcherContext): Promise<void> {
  const { dispatcher } = await context.process({ routes: [{ type: 'even', to: 'evens' }], defaultQueue: null });
  const good = { type: 'even', payload: 1, options: { id: 'good' } };
  const naming = (kind: new (...parts: never[]) => Error, what: RegExp) => (error: unknown) =>
    error instanceof kind && what.test(error.message);
  const refusals = [
    { bad: { type: 'odd', payload: 1 }, isRight: naming(NoRouteError, /item 1.*'odd'/s) },
    { bad: { type: 'even', payload: { list: [1, () => 2] } }, isRight: naming(PayloadError, /items\[1\].payload.list\[1\]/) },
    { bad: { type: 'even', payload: 1, options: { timeout: 0 } }, isRight: naming(Error, /items\[1\].options.timeout/) },
    { bad: { type: 'even', payload: 1, options: { id: 'good' } }, isRight: naming(Error, /items\[1\].options.id/) },
    { bad: { type: 'a b', payload: 1 }, isRight: naming(Error, /item 1/) },
  ];
  for (const { bad, isRight } of refusals) {
    await assert.rejects(dispatcher.dispatchBatch([good, bad]), isRight);
    assert.equal(await dispatcher.status('good'), undefined);
  }
  assert.equal((await dispatcher.stats()).total_dispatched, 0);
}

async function refusesAllQueues(context: DispatcherContext): Promise<void> {
  const process = await context.process({ routes: byType, queues: { maxPayloadBytes: 100 } });
  const { dispatcher } = process;
  const { told, callbacks } = listener();
  const batch = [
    { type: 'even', payload: 0, options: { id: 'zero' } },
    { type: 'odd', payload: 1, options: { id: 'one' } },
    { type: 'odd', payload: 'x'.repeat(200), options: { id: 'two' } },
  ];
  await assert.rejects(
    dispatcher.dispatchBatch(batch, callbacks),
    (error) => error instanceof PayloadError && /items\[2\].payload/.test(error.message),
  );
  const seen = work(process);
  await process.start();
  const marker = await dispatcher.dispatchBatch([
    { type: 'even', payload: 0 },
    { type: 'odd', payload: 1 },
  ]);
  await context.settles('10s', marker.results(), 'the marker is done');
  assert.deepEqual(
    seen.map(({ ids }) => ids),
    marker.ids.map((id) => [id]),
  );
  for (const id of ['zero', 'one', 'two']) {
    const status = await dispatcher.status(id);
    assert.ok(status === undefined || status.state === 'cancelled', `${id} is ${status?.state}`);
  }
  assert.deepEqual(told, []);
  assert.equal((await dispatcher.stats()).total_dispatched, 2);
}

async function boundsAndCancels(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process({ routes: byType }), await context.process()];
  work(worker);
  await worker.queue().start();
  const batch: BatchHandle = await here.dispatcher.dispatchBatch(items(4));
  const results = await context.settles('10s', batch.results({ timeout: '500ms' }), 'the wait ends');
  const summary = results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason instanceof TimeoutError));
  assert.deepEqual(summary, [0, true, 20, true]);
  await batch.cancel();
  const { completed, cancelled } = await batch.counts();
  assert.deepEqual([completed, cancelled], [2, 2]);
}

async function survivesHalf(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process({ routes: byType }), await context.process()];
  const seen = work(worker);
  // One queue's publish is on its way for longer than its call waits.
  const held = context.gate();
  here.line.hold('queue.publish', held);
  const failing = here.dispatcher.dispatchBatch(items(4)).catch((thrown: unknown) => thrown);
  const error = await context.settles('20s', failing, 'the batch settles');
  assert.ok(error instanceof ConnectionError || error instanceof TimeoutError, String(error));
  assert.equal(error.outcome, 'unknown');
  assert.equal(error.ids?.length, 4);
  held.open();
  const again = items(4).map((item, index) => ({ ...item, options: { id: error.ids?.[index] } }));
  const batch = await here.dispatcher.dispatchBatch(again);
  assert.deepEqual(batch.ids, error.ids);
  await worker.start();
  const results = await context.settles('20s', batch.results(), 'all have ended');
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason.message)),
    [0, 10, 20, 30],
  );
  assert.deepEqual(
    seen.map(({ starts }) => starts.length),
    [2, 2],
  );
  assert.equal((await here.dispatcher.stats()).total_dispatched, 4);
}
