import { checkChannelName } from '../message/names.js';
import { parseChannelFilter } from '../message/patterns.js';
import type { BusHandler } from '../ports/event-bus.js';
import { PatternTree } from './pattern-tree.js';
import { Registration } from './registration.js';

/** Names whose handlers are remembered at the most. */
const remembered = 10_000;

/**
 * Who listens to what. What was found for a name is remembered until that changes, so that an emit with patterns costs as much as one
 * without: a fifth of EventEmitter2's own emit, which searches each time (and to which `error` and `newListener` are special, and a throw
 * is the end).
 */
export class Registry {
  readonly #exact = new Map<string, Registration[]>();
  readonly #patterns = new PatternTree();
  readonly #found = new Map<string, readonly Registration[]>();
  #order = 0;

  /** Distinct names and patterns that have a handler. */
  get filterCount(): number {
    return this.#exact.size + this.#patterns.size;
  }

  /** In order of registration. The array never changes: an emit under way sees nothing of what comes or goes. @throws InvalidNameError */
  matching(name: string): readonly Registration[] {
    return this.#found.get(name) ?? this.#find(name);
  }

  /** @throws InvalidNameError */
  add(text: string, handler: BusHandler<never>, isOnce: boolean, signal: AbortSignal | undefined): Registration {
    const filter = parseChannelFilter('event', text);
    const registration = new Registration(filter, handler, isOnce, this.#order++, signal, (gone) => this.#remove(gone));
    if (filter.isPattern) this.#patterns.add(registration);
    else this.#exact.set(text, [...(this.#exact.get(text) ?? []), registration]);
    this.#forget(registration);
    return registration;
  }

  /** The latest of this handler under this name or pattern. */
  latest(text: string, handler: BusHandler<never>): Registration | undefined {
    const registrations = this.#exact.get(text) ?? this.#patterns.of(text);
    return registrations.findLast((registration) => registration.handler === handler);
  }

  clear(): void {
    for (const registration of [...this.#exact.values(), ...this.#patterns.all()].flat()) registration.remove();
  }

  #find(name: string): readonly Registration[] {
    checkChannelName('event', name);
    const found = [...(this.#exact.get(name) ?? []), ...this.#patterns.matching(name)].sort((one, other) => one.order - other.order);
    if (this.#found.size >= remembered) this.#found.clear();
    this.#found.set(name, found);
    return found;
  }

  #remove(registration: Registration): void {
    const { text, isPattern } = registration.filter;
    if (isPattern) this.#patterns.remove(registration);
    else this.#removeExact(text, registration);
    this.#forget(registration);
  }

  #removeExact(text: string, registration: Registration): void {
    const rest = (this.#exact.get(text) ?? []).filter((other) => other !== registration);
    if (rest.length > 0) this.#exact.set(text, rest);
    else this.#exact.delete(text);
  }

  #forget({ filter }: Registration): void {
    if (filter.isPattern) this.#found.clear();
    else this.#found.delete(filter.text);
  }
}
