import type { MessageState, Priority } from '@quayside/core';
import { DueList } from './due-list.js';
import { Delay, type Entry, Lease } from './entry.js';
import { Ring } from './ring.js';

/** Where each message stands: in its level, among the delayed, with a worker, or among the dead. The only place that moves one. */
export class Shelves {
  readonly levels: Readonly<Record<Priority, Ring<Entry>>> = {
    critical: new Ring(),
    high: new Ring(),
    normal: new Ring(),
    low: new Ring(),
  };
  readonly delays = new DueList<Delay>();
  readonly leases = new DueList<Lease>();
  readonly dead = new Ring<Entry>();
  readonly #byId = new Map<string, Entry>();
  /** What is due at one moment comes in the order in which that moment was set, be it a delay's end or a lease's. */
  #order = 0;

  /** Something waits, or its delay or lease has ended by now. */
  isAnyClaimable(now: number): boolean {
    return this.#firstWaiting() !== undefined || this.nextDue(now) !== undefined;
  }

  ids(): readonly string[] {
    return [...this.#byId.keys()];
  }

  find(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  add(entry: Entry): void {
    this.#byId.set(entry.id, entry);
  }

  /** Takes a message out of where it stands, and out of the store. */
  remove(entry: Entry): void {
    this.leave(entry);
    this.#byId.delete(entry.id);
  }

  /** Takes a message out of where it stands: it must be put somewhere else next. */
  leave(entry: Entry): void {
    if (entry.lease !== undefined) {
      this.leases.delete(entry.lease);
      entry.lease = undefined;
    } else if (entry.delay !== undefined) {
      this.delays.delete(entry.delay);
      entry.delay = undefined;
    } else if (entry.state === 'dead') {
      this.dead.delete(entry.place);
    } else {
      this.levels[entry.priority].delete(entry.place);
    }
  }

  putAtTail(entry: Entry): void {
    entry.state = 'waiting';
    entry.place = this.levels[entry.priority].push(entry);
  }

  putAtHead(entry: Entry): void {
    entry.state = 'waiting';
    entry.place = this.levels[entry.priority].unshift(entry);
  }

  delay(entry: Entry, until: number): void {
    entry.state = 'delayed';
    entry.delay = new Delay(entry);
    this.delays.add(entry.delay, until, this.#order++);
  }

  /** Takes the head of a level, and hands it to a worker. */
  lease(level: Priority, token: string, until: number): Lease | undefined {
    const entry = this.levels[level].shift();
    if (entry === undefined) return undefined;
    const lease = new Lease(entry, token);
    entry.state = 'active';
    entry.lease = lease;
    this.leases.add(lease, until, this.#order++);
    return lease;
  }

  renew(lease: Lease, until: number): void {
    this.leases.delete(lease);
    this.leases.add(lease, until, this.#order++);
  }

  bury(entry: Entry): void {
    entry.state = 'dead';
    entry.place = this.dead.push(entry);
  }

  nextDueAt(): number | undefined {
    return this.#nextDue()?.at;
  }

  /** The message whose delay or lease ended first, where it has ended by now. */
  nextDue(now: number): Entry | undefined {
    const due = this.#nextDue();
    return due !== undefined && due.at <= now ? due.entry : undefined;
  }

  /** Any message in this state. */
  any(state: MessageState): Entry | undefined {
    if (state === 'active') return this.leases.first?.entry;
    if (state === 'delayed') return this.delays.first?.entry;
    if (state === 'dead') return this.dead.first;
    return this.#firstWaiting();
  }

  #firstWaiting(): Entry | undefined {
    const { critical, high, normal, low } = this.levels;
    return critical.first ?? high.first ?? normal.first ?? low.first;
  }

  #nextDue(): Delay | Lease | undefined {
    const delay = this.delays.first;
    const lease = this.leases.first;
    if (delay === undefined || lease === undefined) return delay ?? lease;
    return lease.at < delay.at || (lease.at === delay.at && lease.order < delay.order) ? lease : delay;
  }
}
