import assert from 'node:assert/strict';
import { ConfigError, type Route } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import type { TaskProcess } from './task-process.js';

export const strategyCases: readonly DispatcherCase[] = [
  { id: 'D-02', title: 'round-robin deals evenly', run: dealsEvenly },
  { id: 'D-02', title: 'consistent-hash sends one key to one queue, from every process, and spreads the keys', run: keepsKeysTogether },
  { id: 'D-02', title: 'when a queue goes, consistent-hash moves the keys of that queue only', run: movesFewKeys },
  { id: 'D-02', title: 'least-loaded picks the queue where less waits and runs', run: picksTheShorter },
  { id: 'D-02', title: 'least-loaded counts what it sent there itself, also within a batch', run: countsItsOwn },
  { id: 'D-02', title: 'first takes the first; a strategy that is not known, or lacks its key, is a ConfigError', run: refusesWrongRoutes },
];

async function spread(process: TaskProcess, payloads: readonly unknown[]): Promise<readonly string[]> {
  const handles = await Promise.all(payloads.map((payload) => process.dispatcher.dispatch('work', payload)));
  return Promise.all(handles.map(async (handle) => (await handle.status())?.queue ?? ''));
}

function counts(queues: readonly string[]): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const queue of queues) counted[queue] = (counted[queue] ?? 0) + 1;
  return counted;
}

const keys = Array.from({ length: 200 }, (_, index) => `key-${index}`);
const byKey = (to: readonly string[]): Route => ({ to, strategy: 'consistent-hash', key: (payload) => String(payload) });

async function dealsEvenly(context: DispatcherContext): Promise<void> {
  const process = await context.process({ routes: [{ to: ['a', 'b', 'c'], strategy: 'round-robin' }] });
  const queues = await spread(process, keys.slice(0, 99));
  assert.deepEqual(counts(queues), { a: 33, b: 33, c: 33 });
  assert.deepEqual(queues.slice(0, 4), ['a', 'b', 'c', 'a']);
}

async function keepsKeysTogether(context: DispatcherContext): Promise<void> {
  const routes = [byKey(['a', 'b', 'c', 'd'])];
  const [here, there] = [await context.process({ routes }), await context.process({ routes })];
  const first = await spread(here, keys);
  assert.deepEqual(await spread(there, keys), first);
  // By chance each queue gets 50; less than 25 happens once in a hundred thousand times, and never with these keys.
  for (const count of Object.values(counts(first))) assert.ok(count >= 25, `spread as ${JSON.stringify(counts(first))}`);
  assert.equal(Object.keys(counts(first)).length, 4);
}

async function movesFewKeys(context: DispatcherContext): Promise<void> {
  const before = await spread(await context.process({ routes: [byKey(['a', 'b', 'c', 'd'])] }), keys);
  const after = await spread(await context.process({ routes: [byKey(['a', 'd', 'b'])] }), keys);
  before.forEach((queue, index) => {
    if (queue !== 'c') assert.equal(after[index], queue, `${keys[index]} stays`);
    else assert.notEqual(after[index], 'c');
  });
}

async function picksTheShorter(context: DispatcherContext): Promise<void> {
  const process = await context.process({ routes: [{ to: ['a', 'b', 'c'], strategy: 'least-loaded' }] });
  for (const [queue, count] of [
    ['a', 3],
    ['b', 1],
    ['c', 2],
  ] as const) {
    await process.queue(queue).publishBatch(Array.from({ length: count }, (_, index) => ({ type: 'other', payload: index })));
  }
  assert.deepEqual(await spread(process, [1]), ['b']);
  // What runs is work, too: all of it is handed out now, and none waits.
  const held = await process.queue('b').receive({ max: 10 });
  assert.equal(held.length, 2);
  await process.queue('b').publishBatch(Array.from({ length: 2 }, (_, index) => ({ type: 'other', payload: index })));
  await context.advance('200ms');
  assert.deepEqual(await spread(process, [1]), ['c']);
  for (const delivery of held) await delivery.ack();
}

async function countsItsOwn(context: DispatcherContext): Promise<void> {
  const process = await context.process({ routes: [{ to: ['a', 'b'], strategy: 'least-loaded' }] });
  assert.deepEqual(counts(await spread(process, keys.slice(0, 20))), { a: 10, b: 10 });
  await context.advance('200ms');
  const items = keys.slice(0, 30).map((payload) => ({ type: 'work', payload }));
  const { ids } = await process.dispatcher.dispatchBatch(items);
  const queues = await Promise.all(ids.map(async (id) => (await process.dispatcher.status(id))?.queue ?? ''));
  assert.deepEqual(counts(queues), { a: 15, b: 15 });
}

async function refusesWrongRoutes(context: DispatcherContext): Promise<void> {
  const process = await context.process({ routes: [{ to: ['a', 'b'] }] });
  assert.deepEqual(await spread(process, [1, 2]), ['a', 'a']);
  const { dispatcher } = process;
  const unknown = { to: ['a'], strategy: 'random' } as unknown as Route;
  const wrong: readonly Route[] = [unknown, { to: ['a', 'b'], strategy: 'consistent-hash' }, { to: [] }];
  for (const route of wrong) assert.throws(() => dispatcher.addRoute(route), ConfigError);
  await assert.rejects(context.process({ routes: wrong.slice(0, 1) }), ConfigError);
}
