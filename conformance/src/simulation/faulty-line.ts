import { type Clock, ConnectionError, sleep } from '@quayside/core';
import { drawFault, type Fault, type Weather } from './weather.js';

/** A late call takes up to so long: longer than a lease now and then. */
const mostLateMs = 1_500;
/** A frozen process stands still for so long: from a moment to well past its leases. */
const freezeMs = { least: 200, most: 4_000 };

export interface FaultyLineParts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Asked at each call: the weather may have changed. */
  readonly weather: () => Weather | undefined;
  /** A call, and what befell it. */
  readonly tell: (method: string, fault: Fault | undefined) => void;
  readonly crashed: () => void;
}

/** The way of one process to its backend, and back: whatever can happen there happens, by chance. */
export class FaultyLine {
  readonly #parts: FaultyLineParts;
  /** Resolves when the process ends: nobody waits any longer for what it would answer. */
  readonly dead: Promise<undefined>;
  readonly #gone = new AbortController();
  readonly #unanswered: ((error: Error) => void)[] = [];
  #frozen: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: FaultyLineParts) {
    this.#parts = parts;
    this.dead = new Promise((resolve) => this.gone.addEventListener('abort', () => resolve(undefined)));
  }

  get isDead(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Aborted when the process ends: its connections are gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** The process ends without a word. */
  crash(): void {
    if (this.isDead) return;
    this.#gone.abort();
    this.#parts.crashed();
  }

  async pass<T>(method: string, call: () => Promise<T>): Promise<T> {
    if (this.isDead) return this.#noAnswer();
    const { weather: weatherNow, random, tell } = this.#parts;
    const weather = weatherNow();
    const drawn = weather && drawFault(weather, random);
    const fault = method === 'pubsub.subscribe' && drawn !== undefined ? withoutTrace(drawn) : drawn;
    tell(method, fault);
    if (fault === 'crash before') this.crash();
    if (fault === 'freeze before') this.#freeze();
    await this.#frozen;
    if (this.isDead) return this.#noAnswer();
    if (fault === 'lost request') throw new ConnectionError(`'${method}' was not sent`, { outcome: 'not-published' });
    if (fault === 'told too soon') return this.#runLater(method, call);
    if (fault === 'late') await this.#pause(mostLateMs);
    const reply = await call();
    if (fault === 'late') await this.#pause(mostLateMs);
    if (fault === 'crash after') this.crash();
    if (fault === 'freeze after') this.#freeze();
    await this.#frozen;
    if (this.isDead) return this.#noAnswer();
    if (fault === 'lost reply') throw new ConnectionError(`the reply to '${method}' was lost`, { outcome: 'unknown' });
    return reply;
  }

  /** Ends what is unanswered, so that the engines behind can be stopped. */
  close(): void {
    this.#isClosed = true;
    for (const reject of this.#unanswered.splice(0)) reject(new ConnectionError('the run is over', { outcome: 'unknown' }));
  }

  #runLater(method: string, call: () => Promise<unknown>): never {
    // Nobody is there to be told how it went.
    void this.#pause(mostLateMs).then(() => call().catch(() => undefined));
    throw new ConnectionError(`'${method}' was cut off on its way`, { outcome: 'unknown' });
  }

  #pause(mostMs: number): Promise<void> {
    return sleep(this.#parts.clock, Math.floor(this.#parts.random() * mostMs));
  }

  #freeze(): void {
    const { least, most } = freezeMs;
    this.#frozen = sleep(this.#parts.clock, least + Math.floor(this.#parts.random() * (most - least)));
  }

  #noAnswer(): Promise<never> {
    if (this.#isClosed) return Promise.reject(new ConnectionError('the run is over', { outcome: 'unknown' }));
    return new Promise((_, reject) => void this.#unanswered.push(reject));
  }
}

/** A subscription that fails leaves nothing behind: so a transport promises. */
function withoutTrace(fault: Fault): Fault {
  return fault === 'lost reply' || fault === 'told too soon' ? 'lost request' : fault;
}
