import type { Backend, Duration } from '@quayside/core';
import type { Harness } from '../harness.js';
import { createRandom } from '../random.js';
import { Scope } from '../scope.js';
import type { Condition } from '../time.js';
import { Chronicle } from './chronicle.js';
import { FaultyLine } from './faulty-line.js';
import { drawWeather, type Fault, type Weather } from './weather.js';

/** Real time after which a condition that no passing of time brought about is a failure. */
const patienceMs = 50;
/** Crashes of one run at the most: each is replaced, and a run is to end. */
const mostCrashes = 8;
/** For engines to stop, by their clock. */
const stopBound: Duration = '2s';
/** Longer than whatever may still be on its way: a call that waits for one freeze to end may bring the next. */
const calmAfter: Duration = '9s';

interface Stoppable {
  stop(options: { readonly graceMs: number }): Promise<unknown>;
}

/** One process of the application, as far as a backend can tell. */
export interface SimulatedHost {
  readonly name: string;
  readonly line: FaultyLine;
}

/** Where one run takes place: a backend, time, chance, and processes that come and go. */
export class World {
  readonly scope: Scope;
  readonly backend: Backend;
  readonly chronicle: Chronicle;
  readonly faults = new Map<Fault, number>();
  /** Of the application's doings; the faults draw from the same seed, and from a row of their own. */
  readonly random: () => number;
  readonly #chance: () => number;
  readonly #engines: Stoppable[] = [];
  readonly #lines: FaultyLine[] = [];
  #weather: Weather | undefined;
  #crashes = 0;
  #hosts = 0;

  private constructor(scope: Scope, backend: Backend) {
    this.scope = scope;
    this.backend = backend;
    this.chronicle = new Chronicle(scope.time.clock);
    this.random = scope.random;
    this.#chance = createRandom(scope.seed ^ 0x5eed);
    this.#weather = drawWeather(this.#chance);
  }

  static async open(harness: Harness, seed: number): Promise<World> {
    const scope = new Scope(harness, { row: 'simulation', seed, patienceMs });
    return new World(scope, await scope.open());
  }

  get now(): number {
    return this.scope.time.clock.now();
  }

  /** @param crashed when it has ended without a word. */
  host(role: string, crashed: (host: SimulatedHost) => void = () => undefined): SimulatedHost {
    const name = `${role} ${++this.#hosts}`;
    const line = new FaultyLine({
      clock: this.scope.time.clock,
      random: this.#chance,
      weather: () => this.#weather,
      tell: (method, fault) => this.#tell(name, method, fault),
      crashed: () => {
        if (++this.#crashes >= mostCrashes) this.#spareLives();
        this.chronicle.write(name, 'is dead');
        crashed(host);
      },
    });
    const host: SimulatedHost = { name, line };
    this.#lines.push(line);
    return host;
  }

  /** An engine to stop at the end. */
  add<T extends Stoppable>(engine: T): T {
    this.#engines.push(engine);
    return engine;
  }

  /** A whole number below `below`. */
  draw(below: number): number {
    return Math.floor(this.random() * below);
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.draw(values.length)] ?? values[0];
  }

  isLucky(chance: number): boolean {
    return this.random() < chance;
  }

  advance(duration: Duration): Promise<void> {
    return this.scope.advance(duration);
  }

  within(duration: Duration, condition: Condition, what: string): Promise<void> {
    return this.scope.within(duration, condition, what);
  }

  /** No fault befalls a call that is made from now on. */
  async calm(): Promise<void> {
    this.#weather = undefined;
    this.chronicle.write('weather', 'calm');
    await this.advance(calmAfter);
  }

  async end(): Promise<void> {
    this.#weather = undefined;
    for (const line of this.#lines) line.close();
    const stopping = Promise.allSettled(this.#engines.map((engine) => engine.stop({ graceMs: 0 })));
    await Promise.all([stopping, this.advance(stopBound)]);
    await this.scope.end();
  }

  #tell(name: string, method: string, fault: Fault | undefined): void {
    this.chronicle.write(name, fault === undefined ? method : `${method}, ${fault}`);
    if (fault !== undefined) this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  #spareLives(): void {
    this.#weather = this.#weather && { ...this.#weather, 'crash before': 0, 'crash after': 0 };
  }
}
