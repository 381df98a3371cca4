import assert from 'node:assert/strict';
import { type QueueStore, silentLogger, TestClock } from '@quayside/core';
import { adapter } from '@quayside/memory';
import { checkAgainstModel } from '#src/model/property.js';
import { Disagreement } from '#src/model/trace.js';
import { storeBugs } from '#src/planted/store-bugs.js';

/** A part of what the case Q-90 plays. */
const runs = 600;

async function check(plant: (store: QueueStore, now: () => number) => QueueStore, seed = 1): Promise<void> {
  const clock = new TestClock();
  const backend = await adapter.open({}, { clock, logger: silentLogger, namespace: 'model' });
  const openStore = (run: number) => plant(backend.queueStore?.(`run-${run}`) ?? assert.fail(), () => clock.now());
  const time = { clock, advance: clock.advance.bind(clock) };
  try {
    await checkAgainstModel(openStore, time, { seed, runs, boundMs: 10_000 });
  } finally {
    await backend.close();
  }
}

describe('the model of a queue store', () => {
  it('agrees with a store that keeps the port', () => check((store) => store));

  for (const bug of storeBugs) {
    it(`disagrees where a store has this bug: ${bug.name}`, async () => {
      await assert.rejects(check(bug.plant), ({ cause }: Error) => cause instanceof Disagreement);
    });
  }

  it('tells the same story again from the same seed', async () => {
    const bug = storeBugs.find(({ name }) => name === 'checks no fence') ?? assert.fail();
    const [first, second] = [await check(bug.plant, 7).catch(String), await check(bug.plant, 7).catch(String)];
    assert.match(first ?? '', /seed 7/);
    assert.equal(first, second);
  });
});
