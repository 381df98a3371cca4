import assert from 'node:assert/strict';
import { CancelledError, ConnectionError, type TaskCancelOutcome } from '@quayside/core';
import { untilAborted } from '../queue/recorded-worker.js';
import type { DispatcherContext } from './context.js';
import { isAtRest } from './crash-points.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { runStatesOf, statesOf, type TaskProcess } from './task-process.js';

export const cancelCases: readonly DispatcherCase[] = [
  { id: 'D-08', title: 'a queued or delayed task that is cancelled never runs', run: cancelsWaiting },
  {
    id: 'D-08',
    title: 'a running task that is cancelled from another process is aborted within a second, and ends cancelled',
    run: cancelsRunning,
  },
  { id: 'D-08', title: 'it ends cancelled also where its handler takes no notice of it', run: cancelsTheDeaf },
  { id: 'D-08', title: 'a task that waits for its retry is cancelled, and not retried', run: cancelsRetrying },
  { id: 'D-08', title: 'a task that has ended is left as it is, and the answer says so; an unknown one is not found', run: leavesTheEnded },
  {
    id: 'D-08',
    title:
      'a cancel that reached the record and not the queue stands: whoever runs the task ends it as cancelled, and whoever gets it next runs nothing',
    run: standsInTheRecord,
  },
  {
    id: 'D-08',
    title: 'a worker that vanishes while its task is cancelled: the task ends cancelled all the same',
    needs: ['testClock'],
    run: cancelsTheOrphaned,
  },
  {
    id: 'D-16',
    title: 'two dispatchers race cancel and completion: one terminal state, seen the same by all, and as it was answered',
    run: races,
  },
  {
    id: 'D-21',
    title: 'a task that is cancelled while its worker claims it runs nothing, and its message is settled at once',
    run: settlesTheCancelled,
  },
];

async function cancelsWaiting(context: DispatcherContext): Promise<void> {
  const [here, there] = [await context.process(), await context.process()];
  const worker = there.work('work');
  const queued = await here.dispatcher.dispatch('work', 'queued');
  const delayed = await here.dispatcher.dispatch('work', 'delayed', { delay: '1s' });
  assert.deepEqual([await there.dispatcher.cancel(queued.id), await delayed.cancel()], ['cancelled', 'cancelled']);
  for (const task of [queued, delayed]) {
    const status = await task.status();
    assert.deepEqual(statesOf(status), ['pending', 'queued', 'cancelled']);
    assert.ok((await context.rejection(task)) instanceof CancelledError);
    assert.equal(await here.queue().find(task.id), undefined, 'its message is gone');
  }
  await there.start();
  await context.advance('1500ms');
  const marker = await here.dispatcher.dispatch('work', 'marker');
  await context.until('completed', marker);
  assert.deepEqual(worker.payloads, ['marker']);
  assert.equal((await here.dispatcher.stats()).by_state.cancelled, 2);
}

async function cancelsRunning(context: DispatcherContext): Promise<void> {
  const [here, worker, third] = [await context.process(), await context.process(), await context.process()];
  const seen = worker.work('long', (_, handler) => untilAborted(handler));
  await worker.start();
  const task = await here.dispatcher.dispatch('long', 1, { maxRetries: 5 });
  await context.until('running', task);
  assert.equal(await third.dispatcher.cancel(task.id), 'aborting');
  await context.within('1500ms', () => seen.ended.length === 1, 'the handler is aborted');
  assert.ok(seen.starts[0]?.context.signal.reason instanceof CancelledError);
  const status = await context.until('cancelled', task);
  assert.deepEqual(runStatesOf(status), ['running', 'cancelled']);
  assert.ok((await context.rejection(task)) instanceof CancelledError);
  await context.advance('1s');
  assert.equal(seen.starts.length, 1, 'it is not retried');
}

async function cancelsTheDeaf(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const gate = context.gate();
  process.work('deaf', async () => {
    await gate.opened;
    return 'all the same';
  });
  await process.start();
  const task = await process.dispatcher.dispatch('deaf', 1);
  await context.until('running', task);
  assert.deepEqual([await task.cancel(), await task.cancel()], ['aborting', 'aborting']);
  assert.equal((await task.status())?.state, 'running');
  gate.open();
  const status = await context.until('final', task);
  assert.deepEqual([status.state, status.result], ['cancelled', undefined]);
  assert.deepEqual(context.trail.problems(), []);
}

async function cancelsRetrying(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('flaky', () => {
    throw new Error('again, please');
  });
  await process.start();
  const task = await process.dispatcher.dispatch('flaky', 1, { backoff: { type: 'fixed', delay: '2s', jitter: 'none' } });
  await context.until('retrying', task);
  assert.equal(await task.cancel(), 'cancelled');
  await context.advance('3s');
  assert.equal(seen.starts.length, 1);
  assert.deepEqual(runStatesOf(await task.status()), ['running', 'retrying', 'cancelled']);
}

async function leavesTheEnded(context: DispatcherContext): Promise<void> {
  const [here, there] = [await context.process(), await context.process()];
  here.work('work', () => 'done');
  await here.start();
  const task = await here.dispatcher.dispatch('work', 1);
  const before = await context.until('completed', task);
  assert.deepEqual([await task.cancel(), await there.dispatcher.cancel(task.id)], ['finished', 'finished']);
  assert.deepEqual(await task.status(), before);
  const outcome: TaskCancelOutcome = await here.dispatcher.cancel('never-was');
  assert.equal(outcome, 'not-found');
}

async function cancelsTheOrphaned(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  worker.work('long', (_, handler) => untilAborted(handler));
  await Promise.all([here.dispatcher.start(), worker.start()]);
  const task = await here.dispatcher.dispatch('long', 1);
  await context.until('running', task);
  worker.crash();
  assert.equal(await task.cancel(), 'aborting');
  const next = await context.process();
  const seen = next.work('long');
  await next.start();
  await context.until('cancelled', task, '5m');
  assert.deepEqual(seen.starts, []);
}

async function standsInTheRecord(context: DispatcherContext): Promise<void> {
  const queues = { visibilityTimeout: '1s' };
  const [here, first, second] = [await context.process(), await context.process({ queues }), await context.process({ queues })];
  const gates = { ends: context.gate(), vanishes: context.gate() };
  first.work('long', async ({ payload }) => {
    await gates[payload as keyof typeof gates].opened;
    return 'all the same';
  });
  await first.start();
  const [ends, vanishes] = [await here.dispatcher.dispatch('long', 'ends'), await here.dispatcher.dispatch('long', 'vanishes')];
  for (const task of [ends, vanishes]) {
    await context.until('running', task);
    here.line.loseRequest('queue.cancel');
    await assert.rejects(task.cancel(), ConnectionError);
  }
  first.line.hold('queue.exchange', context.gate());
  gates.ends.open();
  await context.until('cancelled', ends);
  first.crash();
  const seen = second.work('long');
  await second.start();
  await context.until('cancelled', vanishes);
  await context.within('5s', () => isAtRest(here), 'both messages are settled');
  assert.deepEqual(seen.starts, []);
}

async function races(context: DispatcherContext): Promise<void> {
  const [here, there, worker] = [await context.process(), await context.process(), await context.process({ queues: { concurrency: 10 } })];
  // Time is measured in round trips here, so that neither side is always first, whatever the backend.
  const lookAround = async (process: TaskProcess, id: string, times: number) => {
    for (let time = 0; time < times; time++) await process.dispatcher.status(id);
  };
  worker.work('quick', async ({ id, payload }) => {
    await lookAround(worker, id, Number(payload));
    return 'done';
  });
  await worker.start();
  const raced = Array.from({ length: 60 }, async (_, index) => {
    const task = await here.dispatcher.dispatch('quick', Math.floor(context.random() * 6));
    await lookAround(here, task.id, index % 10);
    const outcomes = await Promise.all([task.cancel(), there.dispatcher.cancel(task.id)]);
    return { task, outcomes };
  });
  const races = await context.settles('20s', Promise.all(raced), 'every cancel settles');
  for (const { task, outcomes } of races) {
    const status = await context.until('final', task);
    assert.deepEqual(await there.dispatcher.status(task.id), status);
    assert.deepEqual(await worker.dispatcher.status(task.id), status);
    if (outcomes.includes('cancelled') || outcomes.includes('aborting')) assert.equal(status.state, 'cancelled', outcomes.join());
    else assert.deepEqual([status.state, outcomes], ['completed', ['finished', 'finished']]);
    assert.ok(outcomes.filter((outcome) => outcome === 'cancelled').length <= 1, 'one of them cancelled it');
  }
  assert.deepEqual(context.trail.problems(), []);
  const ends = new Set(races.map(({ outcomes }) => outcomes.join()));
  assert.ok(ends.size >= 2, `the race was won by both: ${[...ends].join('; ')}`);
}

async function settlesTheCancelled(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  const seen = worker.work('work');
  const claimed = context.gate();
  const task = await here.dispatcher.dispatch('work', 1);
  // Its first write is `running`: by then the message is claimed.
  worker.line.hold('records.write', claimed);
  await worker.queue().start();
  await context.within('5s', () => worker.line.callsOf('records.write') >= 1, 'the worker has claimed it');
  assert.equal(await task.cancel(), 'cancelled');
  claimed.open();
  await context.eventually(() => isAtRest(here), 'the message is settled, long before its lease ends');
  assert.deepEqual(seen.starts, []);
  assert.equal((await task.status())?.state, 'cancelled');
}
