import assert from 'node:assert/strict';
import { harness } from '#src/harnesses/memory.js';
import { plantedBugs } from '#src/planted/bugs.js';
import { playSeed, type SimulatedPort, simulate, simulatedPorts } from '#src/simulation/simulate.js';

/** Each is found within so many seeds of its port. */
const mostSeeds = 60;
const caught: Readonly<Record<SimulatedPort, readonly string[]>> = {
  queue: [
    'loses one message in a thousand',
    'hands one message to two workers at once',
    'never expires a lease',
    'checks no fence',
    'receipt token used twice',
    'a settlement repeated acts twice',
    'LIFO in place of FIFO',
    'priority lost on retry',
    'priority lost on lease expiry',
    'half a batch stored where the server fails midway',
    'a resend stores twice',
    'delay early by 100 ms',
    'a far delay hides a near one',
    'deduplication race',
    'window without end',
    'starts not counted after a crash',
    'unstarted neighbours charged an attempt',
    'release put at the tail',
    'release that leaves it active',
    'start mark not cleared by release',
    'retry counted off by one',
    'redrive keeps starts',
    'maxDeliveries ignored',
    'cancel of a running message not told',
    'cancelled one retried',
    'pause ignored by claims',
    'pause ignored by delays',
    'the published counter counts duplicates',
    'publish not counted',
    'wake-up swallowed',
    'a batch is stored in the wrong order',
    'the lowest priority goes first',
    'normal is stored as high',
    'a renewal renews nothing',
    'a lost lease is not told',
    'the fencing token stands still',
  ],
  scheduler: [
    'an occurrence run by two schedulers',
    'next occurrence lost on a crash',
    'next occurrence doubled on redelivery',
    'a task early by 100 ms',
    'a cancel that its record does not hear of',
    'misfire ignored',
  ],
  dispatcher: [
    'status moves from terminal back to running',
    'result given to another caller',
    'a late worker ends the task of its successor',
    'a second dispatch of an id begins anew',
    'the status of an ended task stays for ever',
    'the status of an open task vanishes',
  ],
  pubsub: [
    'subscription forgotten after reconnect',
    'dropped events not told',
    'subscribe without flush',
    'publish dropped while disconnected',
  ],
};

function plant(name: string) {
  const bug = plantedBugs.find((candidate) => candidate.name === name);
  if (bug === undefined) throw new Error(`no planted bug is called '${name}'`);
  return bug.plant(harness);
}

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
    const spoiled = () => plant('checks no fence');
    const [result] = await simulate({ ports: ['queue'], seeds: mostSeeds, harness: spoiled() });
    const failure = result?.failure;
    assert.ok(failure !== undefined, 'the bug is found');
    assert.equal(failure.seed, result?.runs);
    assert.equal((await playSeed('queue', failure.seed, spoiled())).chronicle, failure.chronicle);
  });

  for (const port of simulatedPorts) {
    for (const name of caught[port]) {
      it(`${port}: finds '${name}'`, async () => {
        const [result] = await simulate({ ports: [port], seeds: mostSeeds, harness: plant(name) });
        assert.ok(result?.failure !== undefined, `${mostSeeds} seeds kept every promise`);
      });
    }
  }
});
