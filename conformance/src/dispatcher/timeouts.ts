import assert from 'node:assert/strict';
import { TimeoutError } from '@quayside/core';
import { untilAborted } from '../queue/recorded-worker.js';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { runStatesOf, statesOf } from './task-process.js';

export const timeoutCases: readonly DispatcherCase[] = [
  { id: 'D-09', title: 'an attempt that takes longer than attemptTimeout fails, and the task is retried', run: retriesSlowAttempts },
  { id: 'D-09', title: 'a task that is still queued when its timeout passes ends timed_out, and never runs', run: timesOutQueued },
  { id: 'D-09', title: 'a running one is aborted and ends timed_out, whatever its handler answers then', run: timesOutRunning },
  { id: 'D-09', title: 'one that waits for its retry ends timed_out, and is not retried', run: timesOutRetrying },
  { id: 'D-09', title: 'with its dispatcher gone, its worker keeps the bound of a running task', run: keptByTheWorker },
  { id: 'D-09', title: 'with its dispatcher gone, a queued task ends timed_out when a worker comes to it too late', run: keptByTheQueue },
  { id: 'D-09', title: 'it is timed out, and not failed, also where expired messages become dead letters', run: staysTimedOut },
  { id: 'D-09', title: 'with dispatcher and workers gone, another dispatcher ends it', needs: ['testClock'], run: keptByAnother },
  { id: 'D-09', title: 'a task that ends in time is not touched later', run: leavesThePunctual },
];

async function retriesSlowAttempts(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('slow', (_, { signal, attempt }) => (attempt === 1 ? untilAborted({ signal }) : 'at last'));
  await process.start();
  const task = await process.dispatcher.dispatch('slow', 1, { attemptTimeout: '200ms', timeout: '1h' });
  assert.equal(await context.settles('10s', task.result(), 'the second attempt is in time'), 'at last');
  const status = await task.status();
  assert.deepEqual(runStatesOf(status), ['running', 'retrying', 'running', 'completed']);
  assert.equal(status?.attempts, 2);
  assert.ok(seen.starts[0]?.context.signal.reason instanceof TimeoutError);
}

async function timesOutQueued(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('work');
  const begun = context.now();
  const task = await process.dispatcher.dispatch('work', 1, { timeout: '300ms' });
  const error = await context.rejection(task);
  assert.ok(error instanceof TimeoutError, String(error));
  assert.ok(context.now() - begun >= 300, 'not early');
  const status = await task.status();
  assert.deepEqual([status?.state, statesOf(status)], ['timed_out', ['pending', 'queued', 'timed_out']]);
  await context.eventually(async () => (await process.queue().find(task.id)) === undefined, 'its message is gone');
  await process.start();
  const marker = await process.dispatcher.dispatch('work', 'marker');
  await context.until('completed', marker);
  assert.deepEqual(seen.payloads, ['marker']);
}

async function timesOutRunning(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const polite = worker.work('polite', (_, handler) => untilAborted(handler));
  const gate = context.gate();
  worker.work('deaf', async () => {
    await gate.opened;
    return 'too late';
  });
  await worker.start();
  const options = { timeout: '300ms', maxRetries: 5 };
  const tasks = [await here.dispatcher.dispatch('polite', 1, options), await here.dispatcher.dispatch('deaf', 1, options)];
  for (const task of tasks) assert.ok((await context.rejection(task)) instanceof TimeoutError);
  await context.within('2s', () => polite.ended.length === 1, 'the handler is aborted');
  gate.open();
  await context.settles('10s', here.queue().drain(), 'both messages are settled');
  for (const task of tasks) {
    const status = await task.status();
    assert.deepEqual([status?.state, status?.result, status?.attempts], ['timed_out', undefined, 1]);
  }
  assert.deepEqual(context.trail.problems(), []);
}

async function timesOutRetrying(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('flaky', () => {
    throw new Error('again, please');
  });
  await process.start();
  const backoff = { type: 'fixed', delay: '1s', jitter: 'none' } as const;
  const task = await process.dispatcher.dispatch('flaky', 1, { timeout: '400ms', backoff });
  assert.ok((await context.rejection(task)) instanceof TimeoutError);
  await context.advance('1200ms');
  assert.equal(seen.starts.length, 1);
  assert.deepEqual(runStatesOf(await task.status()), ['running', 'retrying', 'timed_out']);
}

async function keptByTheWorker(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const seen = worker.work('long', (_, handler) => untilAborted(handler));
  await worker.start();
  const { id } = await here.dispatcher.dispatch('long', 1, { timeout: '300ms' });
  const task = worker.dispatcher.task(id);
  await context.until('running', task);
  here.crash();
  await context.until('timed_out', task);
  await context.within('2s', () => seen.ended.length === 1, 'the handler is aborted');
  assert.equal((await task.status())?.state, 'timed_out');
}

async function keptByTheQueue(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const { id } = await here.dispatcher.dispatch('work', 1, { timeout: '300ms' });
  here.crash();
  await context.advance('500ms');
  const task = worker.dispatcher.task(id);
  assert.equal((await task.status())?.state, 'queued');
  const seen = worker.work('work');
  await worker.start();
  await context.until('timed_out', task);
  assert.deepEqual(seen.starts, []);
  await context.eventually(async () => (await worker.queue().stats()).total_expired === 1, 'its message has expired');
}

async function staysTimedOut(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process({ queues: { deadLetterExpired: true } })];
  const { id } = await here.dispatcher.dispatch('work', 1, { timeout: '300ms' });
  here.crash();
  await context.advance('500ms');
  const seen = worker.work('work');
  await worker.start();
  const status = await context.until('final', worker.dispatcher.task(id));
  assert.deepEqual([status.state, status.reason], ['timed_out', undefined]);
  assert.deepEqual(seen.starts, []);
}

async function keptByAnother(context: DispatcherContext): Promise<void> {
  const [here, other] = [await context.process(), await context.process()];
  await other.dispatcher.start();
  const { id } = await here.dispatcher.dispatch('work', 1, { timeout: '5m' });
  here.crash();
  const task = other.dispatcher.task(id);
  await context.advance('4m');
  assert.equal((await task.status())?.state, 'queued');
  await context.until('timed_out', task, '3m');
}

async function leavesThePunctual(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  process.work('quick', () => 'in time');
  await process.start();
  const task = await process.dispatcher.dispatch('quick', 1, { timeout: '300ms' });
  const before = await context.until('completed', task);
  await context.advance('500ms');
  assert.deepEqual(await task.status(), before);
  assert.deepEqual((await process.dispatcher.stats()).by_state.timed_out, 0);
}
