import eventemitter2 from 'eventemitter2';
import { checkChannelName } from '../message/names.js';
import { parseChannelFilter } from '../message/patterns.js';
import type { BusHandler } from '../ports/event-bus.js';
import { Registration } from './registration.js';

/** Names whose handlers are remembered at the most. */
const remembered = 10_000;

/**
 * Who listens to what. Patterns stand in EventEmitter2's tree of tokens, which finds those of a name without trying each; its own emit is
 * not used: it searches again at every emit, treats `error` and `newListener` specially, and a throw ends it. What was found for a name
 * is remembered until that changes.
 */
export class Registry {
  readonly #exact = new Map<string, Registration[]>();
  readonly #patterns = new Map<string, Registration[]>();
  readonly #tree = new eventemitter2.EventEmitter2({ wildcard: true, delimiter: '.', maxListeners: 0 });
  /** Each stands in the tree for its registration. */
  readonly #finders = new Map<Registration, () => Registration>();
  readonly #found = new Map<string, readonly Registration[]>();
  #order = 0;

  /** Distinct names and patterns that have a handler. */
  get filterCount(): number {
    return this.#exact.size + this.#patterns.size;
  }

  /** In order of registration. The array never changes, so an emit that goes over it sees nothing of what is added or removed meanwhile. @throws InvalidNameError */
  matching(name: string): readonly Registration[] {
    return this.#found.get(name) ?? this.#find(name);
  }

  /** @throws InvalidNameError */
  add(filter: string, handler: BusHandler<never>, isOnce: boolean, signal: AbortSignal | undefined): Registration {
    const { isPattern } = parseChannelFilter('event', filter);
    const registration = new Registration(filter, handler, isOnce, this.#order++, signal, (gone) => this.#remove(gone, isPattern));
    const byFilter = isPattern ? this.#patterns : this.#exact;
    const registrations = byFilter.get(filter);
    if (registrations === undefined) byFilter.set(filter, [registration]);
    else registrations.push(registration);
    if (isPattern) {
      const finder = () => registration;
      this.#finders.set(registration, finder);
      this.#tree.on(toTree(filter), finder);
    }
    this.#forget(filter, isPattern);
    return registration;
  }

  /** The latest of this handler under this name or pattern. */
  latest(filter: string, handler: BusHandler<never>): Registration | undefined {
    return (this.#exact.get(filter) ?? this.#patterns.get(filter))?.findLast((registration) => registration.handler === handler);
  }

  clear(): void {
    for (const registrations of [...this.#exact.values(), ...this.#patterns.values()]) {
      for (const registration of [...registrations]) registration.remove();
    }
  }

  #find(name: string): readonly Registration[] {
    checkChannelName('event', name);
    const ofPatterns =
      this.#patterns.size === 0 ? [] : this.#tree.listeners(toTree(name)).map((finder) => finder() as unknown as Registration);
    const found = [...(this.#exact.get(name) ?? []), ...ofPatterns];
    if (ofPatterns.length > 0) found.sort((one, other) => one.order - other.order);
    if (this.#found.size >= remembered) this.#found.clear();
    this.#found.set(name, found);
    return found;
  }

  #remove(registration: Registration, isPattern: boolean): void {
    const { filter } = registration;
    const byFilter = isPattern ? this.#patterns : this.#exact;
    const registrations = byFilter.get(filter);
    const index = registrations?.indexOf(registration) ?? -1;
    if (registrations === undefined || index === -1) return;
    if (registrations.length === 1) byFilter.delete(filter);
    else registrations.splice(index, 1);
    const finder = this.#finders.get(registration);
    if (finder !== undefined) {
      this.#finders.delete(registration);
      this.#tree.off(toTree(filter), finder);
    }
    this.#forget(filter, isPattern);
  }

  #forget(filter: string, isPattern: boolean): void {
    if (isPattern) this.#found.clear();
    else this.#found.delete(filter);
  }
}

/** `>` is one token or more, EventEmitter2's `**` none or more. A sign before each token keeps `__proto__` and `_listeners` from being special. */
function toTree(filter: string): string {
  return filter.replace(/[^.]+/g, (token) => (token === '*' ? '*' : token === '>' ? '*.**' : `-${token}`));
}
