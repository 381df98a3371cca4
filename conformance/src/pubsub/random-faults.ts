import assert from 'node:assert/strict';
import { type PublishFate, QuaysideError } from '@quayside/core';
import type { PubSubContext } from './context.js';
import type { PubSubCase } from './pubsub-case.js';

const publishTimeoutMs = 100;

/** What no single fault shows: whatever happens to the connection, a publish settles, and what it says is true. */
export const randomFaultCases: readonly PubSubCase[] = [
  {
    id: 'P-25',
    title: 'under random cuts, freezes and lost answers each of 1,000 publishes settles in its time, and its outcome is true',
    timeoutMs: 30_000,
    run: publishesThroughFaults,
  },
];

async function publishesThroughFaults(context: PubSubContext): Promise<void> {
  const [here, there] = [context.pubsub({ publishTimeout: publishTimeoutMs }), (await context.peer()).pubsub()];
  const witness = context.recorder();
  await there.subscribe('news', witness.handle, { bufferSize: 2000 });
  const link = context.link(here);
  const settled: { readonly id: string | undefined; readonly outcome: 'published' | PublishFate | undefined; readonly afterMs: number }[] =
    [];
  const publishOne = async (payload: number) => {
    const begun = context.now();
    const outcome = await here.publish('news', payload).then(
      (id) => ({ id, outcome: 'published' as const }),
      (error: unknown) =>
        error instanceof QuaysideError ? { id: error.ids?.[0], outcome: error.outcome } : { id: undefined, outcome: undefined },
    );
    settled.push({ ...outcome, afterMs: context.now() - begun });
  };
  const acts = [
    () => link.cut(),
    () => link.freeze(),
    () => link.heal(),
    () => link.heal(),
    () => link.heal(),
    () => link.heal(),
    () => link.loseNext('reply'),
    () => link.loseNext('request'),
  ];
  // Each outcome once, so that the rest can be left to chance.
  await publishOne(-3);
  link.loseNext('reply');
  await publishOne(-2);
  link.cut();
  await Promise.all([publishOne(-1), context.advance(2 * publishTimeoutMs)]);
  link.heal();
  const publishes: Promise<void>[] = [];
  for (let round = 0; round < 100; round++) {
    for (let count = 0; count < 10; count++) publishes.push(publishOne(10 * round + count));
    if (context.random() < 0.5) await context.settle();
    acts[Math.floor(context.random() * acts.length)]?.();
    await context.advance(Math.floor(context.random() * publishTimeoutMs));
  }
  link.heal();
  await context.settles('2s', Promise.all(publishes), 'every publish settles');
  await there.publish('news', 'marker');
  await context.eventually(() => witness.has('marker'), 'the marker arrives');
  const arrivals = new Map<string | undefined, number>();
  for (const { id } of witness.events) arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
  const counts = { published: 0, unknown: 0, 'not-published': 0 };
  for (const { id, outcome, afterMs } of settled) {
    assert.ok(outcome !== undefined && id !== undefined, 'a rejection has its outcome and its id');
    assert.ok(afterMs <= publishTimeoutMs + 1000, `settled after ${afterMs} ms`);
    const arrived = arrivals.get(id) ?? 0;
    if (outcome === 'published') assert.equal(arrived, 1, `${id} was published`);
    else if (outcome === 'not-published') assert.equal(arrived, 0, `${id} was not published`);
    else assert.ok(arrived <= 1, `${id} arrived ${arrived} times`);
    counts[outcome]++;
  }
  assert.equal(settled.length, 1003);
  assert.ok(
    Object.values(counts).every((count) => count > 0),
    `each outcome was met: ${JSON.stringify(counts)}`,
  );
  assert.equal(here.stats().total_published, counts.published);
}
