import assert from 'node:assert/strict';
import { ConfigError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';

export const retentionCases: readonly DispatcherCase[] = [
  { id: 'D-12', title: 'the status of an ended task vanishes after statusRetention', run: vanishes },
  { id: 'D-12', title: 'that of a task that waits, runs or is to be retried never does', run: staysWhileOpen },
  { id: 'D-12', title: 'a message that comes back when its task is long forgotten is run rather than lost', run: runsTheForgotten },
  { id: 'D-12', title: 'a retention of nothing is refused', run: refusesNone },
];

async function vanishes(context: DispatcherContext): Promise<void> {
  const process = await context.process({ statusRetention: '1s' });
  process.work('work', () => 'done');
  await process.start();
  const task = await process.dispatcher.dispatch('work', 1);
  await context.until('completed', task);
  await context.advance('500ms');
  assert.equal((await task.status())?.state, 'completed');
  await context.within('3s', async () => (await task.status()) === undefined, 'the status is gone');
  assert.match((await context.rejection(task)).message, /not known/);
  assert.equal(await task.cancel(), 'not-found');
}

async function staysWhileOpen(context: DispatcherContext): Promise<void> {
  const process = await context.process({ statusRetention: '100ms' });
  const gate = context.gate();
  process.work('long', () => gate.opened);
  process.work('flaky', () => {
    throw new Error('again, please');
  });
  const queued = await process.dispatcher.dispatch('later', 1, { delay: '1h' });
  const running = await process.dispatcher.dispatch('long', 1);
  const backoff = { type: 'fixed', delay: '1h', jitter: 'none' } as const;
  const retrying = await process.dispatcher.dispatch('flaky', 1, { backoff });
  await process.start();
  await context.until('running', running);
  await context.until('retrying', retrying);
  await context.advance('1s');
  assert.deepEqual(
    (await Promise.all([queued, running, retrying].map((task) => task.status()))).map((status) => status?.state),
    ['queued', 'running', 'retrying'],
  );
}

/** The task is forgotten while its message waits, as by a server that lost its records. */
async function runsTheForgotten(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('work', () => 'done');
  const task = await process.dispatcher.dispatch('work', 1);
  await process.records.write([{ key: task.id, remove: true }]);
  await process.start();
  const status = await context.until('completed', task);
  assert.deepEqual([status.type, status.queue, status.result, status.attempts], ['work', 'tasks', 'done', 1]);
  assert.equal(seen.starts.length, 1);
}

async function refusesNone(context: DispatcherContext): Promise<void> {
  await assert.rejects(context.process({ statusRetention: 0 }), ConfigError);
}
