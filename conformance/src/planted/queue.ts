/** What the suite must notice in a queue: the catalogue's table, and what the model was tried with besides. */
import { createQueue } from '@quayside/core';
import { inQueueEngine, inQueueStore, type PlantedBug } from './bug.js';
import { bugsBeyondTheCatalogue } from './queue/beyond.js';
import * as engines from './queue/engines.js';
import { leavesAKeyAMessage } from './queue/leftovers.js';
import { LosesOneInAThousand, StoresHalfABatch } from './queue/publishing.js';
import { SwallowsWakeUps } from './queue/waking.js';
import { storeBugs } from './store-bugs.js';

/** One of the bugs that any store can be given, and the rows that notice it. */
function ofStore(name: string, ...caughtBy: readonly string[]): PlantedBug {
  const bug = storeBugs.find((candidate) => candidate.name === name);
  if (bug === undefined) throw new Error(`no store bug is called '${name}'`);
  return { name, caughtBy, plant: inQueueStore((store, clock) => bug.plant(store, () => clock.now())) };
}

function ofEngine(name: string, spoil: Parameters<typeof inQueueEngine>[0], ...caughtBy: readonly string[]): PlantedBug {
  return { name, caughtBy, plant: inQueueEngine(spoil, createQueue) };
}

export const queueBugs: readonly PlantedBug[] = [
  {
    name: 'loses one message in a thousand',
    caughtBy: ['Q-08', 'Q-28', 'Q-91'],
    plant: inQueueStore((store) => new LosesOneInAThousand(store)),
  },
  ofStore('hands one message to two workers at once', 'Q-20', 'Q-28'),
  ofStore('never expires a lease', 'Q-22'),
  ofStore('checks no fence', 'Q-23', 'Q-90'),
  ofStore('receipt token used twice', 'Q-23'),
  ofStore('a settlement repeated acts twice', 'Q-25', 'Q-87'),
  ofStore('LIFO in place of FIFO', 'Q-11'),
  ofStore('priority lost on retry', 'Q-14'),
  ofStore('priority lost on lease expiry', 'Q-14'),
  ofEngine('half a batch stored where an item is refused', engines.publishesTheValidHalf, 'Q-06'),
  {
    name: 'half a batch stored where the server fails midway',
    caughtBy: ['Q-0B'],
    plant: inQueueStore((store) => new StoresHalfABatch(store)),
  },
  ofStore('a resend stores twice', 'Q-0A'),
  ofStore('delay early by 100 ms', 'Q-50'),
  ofStore('a far delay hides a near one', 'Q-56'),
  ofStore('deduplication race', 'Q-53'),
  ofStore('window without end', 'Q-57'),
  ofStore('starts not counted after a crash', 'Q-40', 'Q-90'),
  ofStore('unstarted neighbours charged an attempt', 'Q-29'),
  ofStore('release put at the tail', 'Q-2E'),
  ofStore('release that leaves it active', 'Q-65'),
  ofStore('start mark not cleared by release', 'Q-29'),
  ofStore('retry counted off by one', 'Q-30', 'Q-80'),
  ofStore('redrive keeps starts', 'Q-37'),
  ofStore('maxDeliveries ignored', 'Q-2D'),
  ofStore('cancel of a running message not told', 'Q-66'),
  ofStore('cancelled one retried', 'Q-66'),
  ofStore('pause ignored by claims', 'Q-62'),
  ofStore('pause ignored by delays', 'Q-58'),
  ofEngine('one object shared by publisher and handler', engines.sharesItsObjects, 'Q-04'),
  { name: 'a key left a message', caughtBy: ['Q-86'], plant: leavesAKeyAMessage },
  ofStore('the published counter counts duplicates', 'Q-80'),
  ofStore('publish not counted', 'Q-80'),
  ofEngine('stop hangs with a dead server', engines.stopsOnlyWithTheServer, 'Q-83'),
  ofEngine('messages popped while stopping are stranded', engines.strandsWhatItHolds, 'Q-2A'),
  ofEngine("a handler's slot never freed after timeout", engines.keepsTheSlotsOfTimeouts, 'Q-61'),
  {
    name: 'wake-up swallowed',
    caughtBy: ['Q-79'],
    plant: inQueueStore((store, clock) => new SwallowsWakeUps(store, clock)),
  },
  ...bugsBeyondTheCatalogue,
];
