import assert from 'node:assert/strict';
import { harness } from '#src/harnesses/memory.js';
import { plantedBugs } from '#src/planted/bugs.js';
import { playSeed, simulate, simulatedPorts } from '#src/simulation/simulate.js';

describe('simulation', () => {
  for (const port of simulatedPorts) {
    it(`${port}: two runs of one seed write the same chronicle, byte for byte, and another seed another one`, async () => {
      const [first, again, other] = [await playSeed(port, 7), await playSeed(port, 7), await playSeed(port, 8)];
      assert.equal(again.chronicle, first.chronicle);
      assert.notEqual(other.chronicle, first.chronicle);
    });
  }

  it('meets every fault within a few dozen runs', async () => {
    const [result] = await simulate({ ports: ['queue'], seeds: 40 });
    assert.equal(result?.failure, undefined);
    assert.deepEqual([...(result?.faults.keys() ?? [])].sort(), [
      'crash after',
      'crash before',
      'freeze after',
      'freeze before',
      'late',
      'lost reply',
      'lost request',
      'told too soon',
    ]);
  });

  it('stops at the first seed that breaks something, and that seed alone breaks it again', async () => {
    const bug = plantedBugs.find(({ name }) => name === 'checks no fence');
    assert.ok(bug !== undefined);
    const [result] = await simulate({ ports: ['queue'], seeds: 100, harness: bug.plant(harness) });
    const failure = result?.failure;
    assert.ok(failure !== undefined, 'the bug is found');
    assert.equal(failure.seed, result?.runs);
    assert.deepEqual((await playSeed('queue', failure.seed, bug.plant(harness))).chronicle, failure.chronicle);
  });
});
