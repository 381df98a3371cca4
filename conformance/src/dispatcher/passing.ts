import assert from 'node:assert/strict';
import { ConfigError, InvalidNameError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';

export const passingCases: readonly DispatcherCase[] = [
  { id: 'D-17', title: 'priority, headers, trace context and limits reach the handler', run: passesOptions },
  { id: 'D-17', title: 'urgent tasks are worked on first', run: keepsPriorities },
  { id: 'D-17', title: 'a delayed task does not run before its time', run: keepsDelays },
  { id: 'D-17', title: "a handler that passes its headers on makes neither message nor task part of its own task's", run: keepsTagsApart },
  { id: 'D-17', title: 'an id of the caller is kept; a second dispatch with it makes no second task', run: keepsIds },
  {
    id: 'D-17',
    title: 'wrong names and options are refused, by the names of the dispatcher, and nothing is left',
    run: refusesWrongOptions,
  },
];

const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tenant: 'né' };

async function passesOptions(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('work');
  await process.start();
  const task = await process.dispatcher.dispatch('work', { a: 1 }, { priority: 'critical', headers: trace, maxRetries: 9 });
  await context.until('completed', task);
  const { message, context: handler } = seen.starts[0] ?? assert.fail('it was not started');
  assert.deepEqual([message.id, message.type, message.priority, message.payload], [task.id, 'work', 'critical', { a: 1 }]);
  for (const [key, value] of Object.entries(trace)) assert.equal(message.headers[key], value);
  assert.equal(handler.maxRetries, 9);
}

async function keepsPriorities(context: DispatcherContext): Promise<void> {
  const process = await context.process({ queues: { concurrency: 1 } });
  const seen = process.work('work');
  const levels = ['low', 'normal', 'critical', 'high'] as const;
  const { results } = await process.dispatcher
    .dispatchBatch(levels.map((priority) => ({ type: 'work', payload: priority, options: { priority } })))
    .then((batch) => ({ results: () => batch.results() }));
  await process.start();
  await context.settles('10s', results(), 'all have ended');
  assert.deepEqual(seen.payloads, ['critical', 'high', 'normal', 'low']);
}

async function keepsDelays(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const seen = process.work('work');
  await process.start();
  const begun = context.now();
  const task = await process.dispatcher.dispatch('work', 1, { delay: '500ms' });
  await context.until('completed', task);
  assert.ok((seen.starts[0]?.at ?? 0) - begun >= 500);
}

async function keepsTagsApart(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const { dispatcher } = process;
  process.work('parent', async ({ headers }) => {
    await process.queue().publish('plain', 1, { headers });
    const child = await dispatcher.dispatch('child', 1, { headers, delay: '600ms' });
    return child.id;
  });
  const plain = process.work('plain', () => 'not a result');
  process.work('child', () => 'the child');
  await process.start();
  const parent = await dispatcher.dispatch('parent', 1, { headers: trace, timeout: '400ms' });
  const childId = String(await context.settles('5s', parent.result(), 'the parent ends'));
  const child = dispatcher.task(childId);
  assert.equal(await context.settles('10s', child.result(), 'the child ends'), 'the child', 'its parent’s timeout is not its own');
  await context.within('5s', () => plain.ended.length === 1, 'the plain message is handled');
  const [{ message } = assert.fail('the plain message was not handled')] = plain.starts;
  assert.equal(message.headers.tenant, trace.tenant);
  assert.equal(await dispatcher.status(message.id), undefined, 'it is no task');
}

async function keepsIds(context: DispatcherContext): Promise<void> {
  const [here, there] = [await context.process(), await context.process()];
  const seen = there.work('work', () => 'once');
  const [first, second] = await Promise.all([
    here.dispatcher.dispatch('work', 1, { id: 'invoice:7' }),
    here.dispatcher.dispatch('work', 1, { id: 'invoice:7' }),
  ]);
  const third = await there.dispatcher.dispatch('work', 1, { id: 'invoice:7' });
  await there.start();
  const results = await context.settles('10s', Promise.all([first, second, third].map((task) => task.result())), 'all have it');
  assert.deepEqual(results, ['once', 'once', 'once']);
  const ended: string[] = [];
  const late = await here.dispatcher.dispatch('work', 1, { id: 'invoice:7', onComplete: ({ id }) => void ended.push(id) });
  assert.equal(await context.settles('5s', late.result(), 'it is there at once'), 'once');
  await context.within('5s', () => ended.length === 1, 'the end is told to who asks late');
  await context.settles('10s', there.queue().drain(), 'nothing is left to do');
  assert.equal(seen.starts.length, 1);
  await assert.rejects(
    here.dispatcher.dispatch('other', 1, { id: 'invoice:7' }),
    (error) => error instanceof ConfigError && /'work'/.test(error.message),
  );
}

async function refusesWrongOptions(context: DispatcherContext): Promise<void> {
  const { dispatcher } = await context.process();
  const refuses = async (options: object, what: RegExp) => {
    await assert.rejects(
      dispatcher.dispatch('work', 1, { id: 'x', ...options }),
      (error) => error instanceof ConfigError && what.test(error.message),
    );
    assert.equal(await dispatcher.status('x'), undefined);
  };
  await refuses({ timeout: 'soon' }, /options\.timeout/);
  await refuses({ attemptTimeout: 0 }, /options\.attemptTimeout/);
  await refuses({ delay: -1 }, /options\.delay/);
  await refuses({ maxRetries: 1.5 }, /options\.maxRetries/);
  await refuses({ priority: 'urgent' }, /options\.priority/);
  await assert.rejects(dispatcher.dispatch('no spaces', 1), InvalidNameError);
  await assert.rejects(dispatcher.dispatch('work', 1, { id: '' }), InvalidNameError);
  await assert.rejects(dispatcher.status('#repair'), InvalidNameError);
  assert.throws(() => dispatcher.task('a b'), InvalidNameError);
  assert.equal((await dispatcher.stats()).total_dispatched, 0);
}
