import { randomUUID } from 'node:crypto';
import { type Backend, type Duration, type Logger, silentLogger, systemClock, withDeadline } from '@quayside/core';
import { Gate } from './gate.js';
import type { Harness } from './harness.js';
import { createRandom } from './random.js';
import { type CaseTime, type Condition, createCaseTime } from './time.js';

export interface ScopeOptions {
  /** The row, for the namespace. */
  readonly row: string;
  readonly seed: number;
  /** Real time after which a condition that does not hold is a failure. */
  readonly patienceMs: number;
}

/** Bound of one clean-up, in real time: one that hangs is a failure of the case. */
const cleanUpMs = 5_000;

/** What every case has, whatever its port: a namespace of its own, backends in it, time, and an end that leaves nothing behind. */
export class Scope {
  readonly harness: Harness;
  readonly namespace: string;
  readonly seed: number;
  /** Seeded: a failing run repeats with the same `--seed`. */
  readonly random: () => number;
  readonly time: CaseTime;
  readonly logger: Logger = silentLogger;
  /** What the case waits for now: told where it runs out of time. */
  waitsFor: string | undefined;
  readonly #gates: Gate[] = [];
  readonly #cleanUps: (() => unknown)[] = [];

  constructor(harness: Harness, options: ScopeOptions) {
    this.harness = harness;
    this.namespace = `conformance-${options.row.toLowerCase()}-${randomUUID().slice(0, 8)}`;
    this.seed = options.seed;
    this.random = createRandom(options.seed);
    this.time = createCaseTime(harness.clock, options.patienceMs, harness.settlePushes?.bind(harness, this.namespace));
  }

  /** A backend in the case's namespace, closed at its end. A second one is another process, as far as the backend can tell. */
  async open(): Promise<Backend> {
    const backend = await this.harness.open({ clock: this.time.clock, logger: this.logger, namespace: this.namespace });
    this.onEnd(() => backend.close());
    return backend;
  }

  /** Runs at the end of the case, the latest first. */
  onEnd(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  /** Opened by the case, at the latest when it ends. */
  gate(): Gate {
    const gate = new Gate();
    this.#gates.push(gate);
    return gate;
  }

  advance(duration: Duration): Promise<void> {
    return this.#waiting(`${duration} to pass`, this.time.advance(duration));
  }

  within(duration: Duration, condition: Condition, what: string): Promise<void> {
    return this.#waiting(what, this.time.within(duration, condition, what));
  }

  eventually(condition: Condition, what: string): Promise<void> {
    return this.#waiting(what, this.time.eventually(condition, what));
  }

  /** Lets time pass until the call settles, and answers as it does; fails after `duration`. */
  async settles<T>(duration: Duration, call: Promise<T>, what: string): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    call.then(settled, settled);
    await this.within(duration, () => isSettled, what);
    return call;
  }

  settle(): Promise<void> {
    return this.time.settle();
  }

  /** Opens the gates, then cleans up. Rejects with what went wrong, after all is done. */
  async end(): Promise<void> {
    for (const gate of this.#gates) gate.open();
    const errors: unknown[] = [];
    for (const cleanUp of this.#cleanUps.reverse()) {
      try {
        await withDeadline(
          systemClock,
          Promise.resolve(cleanUp()),
          cleanUpMs,
          () => new Error(`a clean-up took more than ${cleanUpMs} ms`),
        );
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `the case left something behind: ${errors.join('; ')}`);
  }

  async #waiting(what: string, work: Promise<void>): Promise<void> {
    this.waitsFor = what;
    await work;
    this.waitsFor = undefined;
  }
}
