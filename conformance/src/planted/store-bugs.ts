/** Bugs that a queue store could have, each as a wrapper of a store that has none. */
import type { QueueStore } from '@quayside/core';
import * as leases from './store/leases.js';
import * as order from './store/order.js';
import * as publishing from './store/publishing.js';
import * as settling from './store/settling.js';

export interface StoreBug {
  /** As in the catalogue. */
  readonly name: string;
  plant(store: QueueStore, now: () => number): QueueStore;
}

export const storeBugs: readonly StoreBug[] = [
  { name: 'a resend stores twice', plant: (store) => new publishing.StoresResends(store) },
  { name: 'publish not counted', plant: (store) => new publishing.CountsNoPublish(store) },
  { name: 'the published counter counts duplicates', plant: (store) => new publishing.CountsDuplicates(store) },
  { name: 'delay early by 100 ms', plant: (store) => new publishing.EndsDelaysEarly(store) },
  { name: 'a far delay hides a near one', plant: (store, now) => new publishing.HidesNearDelays(store, now) },
  { name: 'deduplication race', plant: (store, now) => new publishing.RacesForWindows(store, now) },
  { name: 'window without end', plant: (store) => new publishing.EndsNoWindow(store) },

  { name: 'hands one message to two workers at once', plant: (store) => new leases.HandsOutTwice(store) },
  { name: 'never expires a lease', plant: (store) => new leases.EndsNoLease(store) },
  { name: 'checks no fence', plant: (store) => new leases.ChecksNoFence(store) },
  { name: 'receipt token used twice', plant: (store) => new leases.RepeatsTokens(store) },
  { name: 'a settlement repeated acts twice', plant: (store) => new leases.SettlesTwice(store) },
  { name: 'starts not counted after a crash', plant: (store) => new leases.CountsNoCrash(store) },
  { name: 'unstarted neighbours charged an attempt', plant: (store) => new leases.ChargesNeighbours(store) },
  { name: 'cancel of a running message not told', plant: (store) => new leases.TellsNoCancel(store) },
  { name: 'cancelled one retried', plant: (store) => new leases.RetriesCancelled(store) },

  { name: 'release that leaves it active', plant: (store) => new settling.IgnoresRelease(store) },
  { name: 'release put at the tail', plant: (store) => new settling.ReleasesToTail(store) },
  { name: 'start mark not cleared by release', plant: (store) => new settling.ChargesReleases(store) },
  { name: 'retry counted off by one', plant: (store) => new settling.MiscountsRetries(store) },
  { name: 'redrive keeps starts', plant: (store) => new settling.KeepsStartsOnRedrive(store) },
  { name: 'maxDeliveries ignored', plant: (store) => new settling.CountsNoDeliveries(store) },
  { name: 'a key left a message', plant: (store) => new settling.LeavesBodies(store) },

  { name: 'LIFO in place of FIFO', plant: (store) => new order.HandsOutNewestFirst(store) },
  { name: 'priority lost on retry', plant: (store) => new order.ForgetsPriorityOnRetry(store) },
  { name: 'priority lost on lease expiry', plant: (store) => new order.ForgetsPriorityOnExpiry(store) },
  { name: 'pause ignored by claims', plant: (store) => new order.IgnoresPause(store) },
  { name: 'pause ignored by delays', plant: (store) => new order.LetsDelaysThroughPause(store) },
];
