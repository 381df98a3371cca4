/** What the suite must notice in a queue. */
import { createQueue } from '@quayside/core';
import { inQueueEngine, inQueueStore, type PlantedBug } from './bug.js';
import * as engines from './queue/engines.js';
import * as flow from './queue/flow.js';
import * as leases from './queue/leases.js';
import * as places from './queue/places.js';
import * as publishing from './queue/publishing.js';

const inEngine = (spoil: Parameters<typeof inQueueEngine>[0]) => inQueueEngine(spoil, createQueue);

export const queueBugs: readonly PlantedBug[] = [
  {
    name: 'loses one message in a thousand',
    caughtBy: ['Q-08', 'Q-28', 'Q-91'],
    plant: inQueueStore((store) => new publishing.LosesOneInAThousand(store)),
  },
  {
    name: 'hands one message to two workers at once',
    caughtBy: ['Q-20', 'Q-28'],
    plant: inQueueStore((store) => new leases.HandsOutTwice(store)),
  },
  { name: 'never expires a lease', caughtBy: ['Q-22'], plant: inQueueStore((store) => new leases.NeverExpiresALease(store)) },
  {
    name: 'checks no fence (late ack accepted)',
    caughtBy: ['Q-23', 'Q-90'],
    plant: inQueueStore((store) => new leases.ChecksNoFence(store)),
  },
  { name: 'a receipt token used twice', caughtBy: ['Q-23'], plant: inQueueStore((store) => new leases.UsesATokenTwice(store)) },
  {
    name: 'a settlement repeated acts twice',
    caughtBy: ['Q-25', 'Q-87'],
    plant: inQueueStore((store) => new leases.SettlesTwice(store)),
  },
  { name: 'LIFO in place of FIFO', caughtBy: ['Q-11'], plant: inQueueStore((store) => new places.TakesTheLastFirst(store)) },
  {
    name: 'priority lost on retry',
    caughtBy: ['Q-14'],
    plant: inQueueStore((store) => new places.LosesPriorityOnRetry(store)),
  },
  {
    name: 'priority lost on lease expiry',
    caughtBy: ['Q-14'],
    plant: inQueueStore((store) => new places.LosesPriorityOnExpiry(store)),
  },
  { name: 'half a batch stored where an item is refused', caughtBy: ['Q-06'], plant: inEngine(engines.publishesTheValidHalf) },
  {
    name: 'half a batch stored where the server fails midway',
    caughtBy: ['Q-0B'],
    plant: inQueueStore((store) => new publishing.StoresHalfABatch(store)),
  },
  { name: 'a resend stores twice', caughtBy: ['Q-0A'], plant: inQueueStore((store) => new publishing.StoresResentCallsAgain(store)) },
  { name: 'delay early by 100 ms', caughtBy: ['Q-50'], plant: inQueueStore((store) => new publishing.DelaysTooLittle(store)) },
  {
    name: 'a far delay hides a near one',
    caughtBy: ['Q-56'],
    plant: inQueueStore((store, clock) => new publishing.HidesNearDelaysBehindFar(store, clock)),
  },
  { name: 'deduplication race', caughtBy: ['Q-53'], plant: inQueueStore((store) => new publishing.DeduplicatesWithARace(store)) },
  { name: 'deduplication window without end', caughtBy: ['Q-57'], plant: inQueueStore((store) => new publishing.NeverEndsAWindow(store)) },
  {
    name: 'starts not counted after a crash',
    caughtBy: ['Q-40', 'Q-90'],
    plant: inQueueStore((store) => new leases.ForgetsCrashedStarts(store)),
  },
  {
    name: 'unstarted neighbours charged an attempt',
    caughtBy: ['Q-29'],
    plant: inQueueStore((store) => new leases.MistellsClaims(store, ({ deliveries }) => ({ starts: deliveries - 1 }))),
  },
  { name: 'release put at the tail', caughtBy: ['Q-2E'], plant: inQueueStore((store) => new places.ReleasesToTheTail(store)) },
  { name: 'release that leaves it active', caughtBy: ['Q-65'], plant: inQueueStore((store) => new places.ReleasesNothing(store)) },
  {
    name: 'retry counted off by one',
    caughtBy: ['Q-30', 'Q-80'],
    plant: inQueueStore((store) => new leases.MistellsClaims(store, ({ starts }) => ({ starts: Math.max(0, starts - 1) }))),
  },
  {
    name: 'maxDeliveries ignored',
    caughtBy: ['Q-2D'],
    plant: inQueueStore((store) => new leases.MistellsClaims(store, () => ({ deliveries: 1 }))),
  },
  {
    name: 'cancel of a running message not told',
    caughtBy: ['Q-66'],
    plant: inQueueStore((store) => new flow.KeepsCancelsToItself(store)),
  },
  { name: 'a cancelled message retried', caughtBy: ['Q-66'], plant: inQueueStore((store) => new flow.RetriesCancelled(store)) },
  { name: 'pause ignored by claims', caughtBy: ['Q-62'], plant: inQueueStore((store) => new flow.IgnoresPause(store, 'claims')) },
  { name: 'pause ignored by delays', caughtBy: ['Q-58'], plant: inQueueStore((store) => new flow.IgnoresPause(store, 'delays')) },
  { name: 'one object shared by publisher and handler', caughtBy: ['Q-04'], plant: inEngine(engines.sharesItsObjects) },
  {
    name: 'the published counter counts duplicates',
    caughtBy: ['Q-80'],
    plant: inQueueStore((store) => new publishing.CountsDuplicatesAsPublished(store)),
  },
  { name: 'stop hangs with a dead server', caughtBy: ['Q-83'], plant: inEngine(engines.stopsOnlyWithTheServer) },
  { name: 'messages popped while stopping are stranded', caughtBy: ['Q-2A'], plant: inEngine(engines.strandsWhatItHolds) },
  { name: "a handler's slot never freed after timeout", caughtBy: ['Q-61'], plant: inEngine(engines.keepsTheSlotsOfTimeouts) },
  { name: 'wake-up swallowed', caughtBy: ['Q-79'], plant: inQueueStore((store, clock) => new flow.SwallowsWakeUps(store, clock)) },
];
