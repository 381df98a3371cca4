import assert from 'node:assert/strict';
import { ConfigError, UnrecoverableError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { runStatesOf } from './task-process.js';

export const failureCases: readonly DispatcherCase[] = [
  { id: 'D-11', title: 'retrying is visible, with the error of the attempt; attempts are counted', run: showsRetries },
  { id: 'D-11', title: 'a task whose attempts are exhausted is failed, with the reason of its dead letter', run: failsWithTheDeadLetter },
  { id: 'D-11', title: 'without a dead letter queue it is failed all the same', run: failsWithoutDeadLetters },
  {
    id: 'D-11',
    title: 'a task that no worker has a handler for ends failed',
    needs: ['testClock'],
    timeoutMs: 30_000,
    run: failsWithoutHandler,
  },
  { id: 'D-11', title: 'redrive runs a failed task again, as a new run linked to the old; its dead letter is gone', run: redrives },
  { id: 'D-11', title: 'redriven twice, from two processes at once, it is one new run', run: redrivesOnce },
  { id: 'D-11', title: 'redrive of what has not failed is refused, and says why', run: refusesRedrive },
  {
    id: 'D-11',
    title: 'a dead letter that is redriven past its dispatcher goes back to the dead letters, and runs nothing',
    run: keepsDeadLetters,
  },
];

async function showsRetries(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  worker.work('flaky', (_, { attempt }) => {
    if (attempt < 3) throw new Error(`attempt ${attempt} failed`);
    return 'third time lucky';
  });
  await worker.start();
  const backoff = { type: 'fixed', delay: '500ms', jitter: 'none' } as const;
  const task = await here.dispatcher.dispatch('flaky', 1, { maxRetries: 2, backoff });
  const retrying = await context.until('retrying', task);
  assert.deepEqual([retrying.attempts, retrying.error?.message, retrying.error?.attempt], [1, 'attempt 1 failed', 1]);
  assert.equal(await context.settles('10s', task.result(), 'the result is there'), 'third time lucky');
  const status = await task.status();
  assert.deepEqual(runStatesOf(status), ['running', 'retrying', 'running', 'retrying', 'running', 'completed']);
  assert.deepEqual([status?.attempts, status?.error, status?.reason], [3, undefined, undefined]);
}

async function failsWithTheDeadLetter(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  process.work('bad', ({ payload }) => {
    throw payload === 'final' ? new UnrecoverableError('never') : new Error('not now');
  });
  await process.start();
  const [exhausted, final] = [
    await process.dispatcher.dispatch('bad', 'some', { maxRetries: 1 }),
    await process.dispatcher.dispatch('bad', 'final', { maxRetries: 5 }),
  ];
  const first = await context.until('failed', exhausted);
  assert.deepEqual([first.attempts, first.reason, first.error?.message], [2, 'attempts-exhausted', 'not now']);
  const second = await context.until('failed', final);
  assert.deepEqual([second.attempts, second.reason, second.error?.message], [1, 'unrecoverable', 'never']);
  for (const status of [first, second]) {
    await context.eventually(async () => (await process.queue().deadLetters.get(status.id)) !== undefined, 'its message is dead');
    assert.equal((await process.queue().deadLetters.get(status.id))?.reason, status.reason);
  }
}

async function failsWithoutDeadLetters(context: DispatcherContext): Promise<void> {
  const process = await context.process({ queues: { deadLetterQueue: false } });
  process.work('bad', () => {
    throw new Error('not now');
  });
  await process.start();
  const task = await process.dispatcher.dispatch('bad', 1, { maxRetries: 0 });
  const status = await context.until('failed', task);
  assert.deepEqual([status.reason, status.error?.message], ['discarded', 'not now']);
}

async function failsWithoutHandler(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  process.work('other');
  await process.start();
  const task = await process.dispatcher.dispatch('nobody', 1, { maxRetries: 0 });
  const status = await context.until('failed', task, '5m');
  assert.deepEqual([status.reason, status.attempts], ['no-handler', 0]);
  assert.deepEqual(runStatesOf(status), []);
}

async function redrives(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  let isMended = false;
  const seen = worker.work('bad', ({ payload }) => {
    if (!isMended) throw new UnrecoverableError('not yet');
    return payload;
  });
  await worker.start();
  const headers = { tenant: 'acme' };
  const task = await here.dispatcher.dispatch('bad', { deep: [1, 2] }, { priority: 'high', headers, maxRetries: 7 });
  await context.until('failed', task);
  isMended = true;
  const again = await here.dispatcher.redrive(task.id);
  assert.notEqual(again.id, task.id);
  assert.deepEqual(await context.settles('10s', again.result(), 'the new run ends'), { deep: [1, 2] });
  const [before, after] = [await task.status(), await again.status()];
  assert.deepEqual([before?.state, before?.redrivenAs, after?.redriveOf], ['failed', again.id, task.id]);
  assert.deepEqual(runStatesOf(after), ['running', 'completed']);
  const { message, context: handler } = seen.starts.at(-1) ?? assert.fail('it was not started');
  assert.deepEqual([message.priority, message.headers.tenant, handler.maxRetries, handler.attempt], ['high', 'acme', 7, 1]);
  assert.equal(await here.queue().deadLetters.get(task.id), undefined);
}

async function redrivesOnce(context: DispatcherContext): Promise<void> {
  const [here, there, worker] = [await context.process(), await context.process(), await context.process()];
  let isMended = false;
  const seen = worker.work('bad', () => {
    if (!isMended) throw new UnrecoverableError('not yet');
  });
  await worker.start();
  const task = await here.dispatcher.dispatch('bad', 1);
  await context.until('failed', task);
  isMended = true;
  const runs = await Promise.all([here.dispatcher.redrive(task.id), there.dispatcher.redrive(task.id)]);
  const [first] = runs;
  await context.until('completed', first);
  const third = await there.dispatcher.redrive(task.id);
  assert.deepEqual(new Set([...runs, third].map(({ id }) => id)).size, 1);
  await context.settles('10s', here.queue().drain(), 'nothing is left to do');
  assert.equal(seen.starts.length, 2);
}

async function refusesRedrive(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  process.work('work');
  const { dispatcher } = process;
  const task = await dispatcher.dispatch('work', 1);
  const refuses = (what: RegExp) =>
    assert.rejects(dispatcher.redrive(task.id), (error) => error instanceof ConfigError && what.test(error.message));
  await refuses(/queued/);
  await process.start();
  await context.until('completed', task);
  await refuses(/completed/);
  await assert.rejects(dispatcher.redrive('never-was'), /not known/);
}

async function keepsDeadLetters(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('bad', () => {
    throw new UnrecoverableError('never');
  });
  await process.start();
  const task = await process.dispatcher.dispatch('bad', 1);
  const before = await context.until('failed', task);
  const { deadLetters } = process.queue();
  await context.eventually(async () => (await deadLetters.get(task.id)) !== undefined, 'its message is dead');
  await deadLetters.redrive(task.id);
  await context.within('10s', async () => ((await deadLetters.get(task.id))?.message.redriveCount ?? 0) === 1, 'it is dead again');
  assert.equal(seen.starts.length, 1);
  assert.deepEqual(await task.status(), before);
}
