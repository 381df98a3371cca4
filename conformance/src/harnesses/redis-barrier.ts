import { type Backend, type ConnectionState, parseChannelFilter, systemClock, withDeadline } from '@quayside/core';

/** A scope beside those of the ports. */
const scope = 'barrier';
const ticking = parseChannelFilter('channel', 'tick');
/** Of real time: a hundred round trips. */
const askAgainAfterMs = 100;

/** One message of ours: how many have received it, and how many shall. */
interface Tick {
  readonly namespace: string;
  received: number;
  expected: number | undefined;
  readonly done: () => void;
}

/**
 * Shows that what the server has pushed to a namespace's backends has arrived: a message of our own comes behind it on each of their
 * connections. Backends that were cut off are waited for first, so that on a test clock coming back takes no time.
 */
export class RedisBarrier {
  readonly #publish: (channel: string, body: string) => Promise<number>;
  readonly #ticks = new Map<string, Tick>();
  readonly #states = new Map<string, Map<Backend, ConnectionState>>();
  #waiters: (() => void)[] = [];
  #next = 0;

  /** @param publish answers how many connections the server pushed it to. */
  constructor(publish: (channel: string, body: string) => Promise<number>) {
    this.#publish = publish;
  }

  async add(namespace: string, backend: Backend): Promise<void> {
    const transport = backend.pubSubTransport?.(scope);
    const states = this.#states.get(namespace) ?? new Map();
    this.#states.set(namespace, states);
    transport?.onState((state) => {
      if (state === 'closed') states.delete(backend);
      else states.set(backend, state);
      // What was on its way there will not arrive.
      if (state !== 'connected') this.#giveUp(namespace);
      for (const look of this.#waiters.splice(0)) look();
    });
    await transport?.subscribe(ticking, (_channel, body) => void this.#count(body, 1), { signal: new AbortController().signal });
  }

  /** Rejects where the server is gone. */
  async pass(namespace: string): Promise<void> {
    while ([...(this.#states.get(namespace)?.values() ?? [])].includes('disconnected')) {
      await new Promise<void>((resolve) => void this.#waiters.push(resolve));
    }
    const id = String(this.#next++);
    const arrived = new Promise<void>((done) => void this.#ticks.set(id, { namespace, received: 0, expected: undefined, done }));
    try {
      const expected = await this.#publish(`${namespace}:{${scope}}:${ticking.text}`, id);
      this.#count(id, 0, expected);
    } catch (error) {
      this.#ticks.delete(id);
      throw error;
    }
    // A connection that was closed a moment ago is still counted by the server.
    await withDeadline(systemClock, arrived, askAgainAfterMs).catch(() => {
      this.#ticks.delete(id);
      return this.pass(namespace);
    });
  }

  #giveUp(namespace: string): void {
    for (const [id, tick] of this.#ticks) {
      if (tick.namespace !== namespace) continue;
      this.#ticks.delete(id);
      tick.done();
    }
  }

  #count(id: string, more: number, expected?: number): void {
    const tick = this.#ticks.get(id);
    if (tick === undefined) return;
    tick.received += more;
    tick.expected ??= expected;
    if (tick.received !== tick.expected) return;
    this.#ticks.delete(id);
    tick.done();
  }
}
