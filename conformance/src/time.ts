/** How a case makes time pass: it moves a test clock, or waits where the server's clock rules. */
import { type Clock, type Duration, durationToMs, systemClock, TestClock, withDeadline } from '@quayside/core';

export type Condition = () => boolean | Promise<boolean>;

export interface CaseTime {
  readonly clock: Clock;
  /** Lets so much time pass. */
  advance(duration: Duration): Promise<void>;
  /** Lets time pass until the condition holds. Fails after `duration`, saying `what` was waited for. */
  within(duration: Duration, condition: Condition, what: string): Promise<void>;
  /** Waits, at a standing test clock, until what is under way makes the condition hold. Fails when patience ends. */
  eventually(condition: Condition, what: string): Promise<void>;
  /** Lets what is under way in this process come to rest. No proof that nothing happens: show that by a later message that arrives. */
  settle(): Promise<void>;
  /** Work that `settle` waits for: the calls to the backend. */
  track<T>(work: Promise<T>): Promise<T>;
}

/** How often a condition is looked at, in real time. */
const lookEveryMs = 2;

function realPause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimer(resolve, ms));
}

async function waitFor(condition: Condition, what: string, boundMs: number, settle: () => Promise<void>): Promise<void> {
  const deadline = systemClock.monotonic() + boundMs;
  for (;;) {
    await settle();
    if (await condition()) return;
    if (systemClock.monotonic() >= deadline) throw new Error(`waited in vain for: ${what}`);
    await realPause(lookEveryMs);
  }
}

/**
 * A test clock that also waits for calls to a real server, and for what the server pushes because of them, before it moves on: so each
 * timer's work is done before the next fires.
 */
class SuiteClock extends TestClock {
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #patienceMs: number;
  readonly #settlePushes: (() => Promise<void>) | undefined;
  /** A call was made since the pushes were last waited for. */
  #mayPush = false;

  constructor(patienceMs: number, settlePushes: (() => Promise<void>) | undefined) {
    super();
    this.#patienceMs = patienceMs;
    this.#settlePushes = settlePushes;
  }

  track<T>(work: Promise<T>): Promise<T> {
    this.#mayPush = this.#settlePushes !== undefined;
    const ended: Promise<void> = work.then(
      () => void this.#underWay.delete(ended),
      () => void this.#underWay.delete(ended),
    );
    this.#underWay.add(ended);
    return work;
  }

  override async settle(): Promise<void> {
    const deadline = systemClock.monotonic() + this.#patienceMs;
    await super.settle();
    while (this.#underWay.size > 0 || this.#mayPush) {
      const restMs = deadline - systemClock.monotonic();
      if (restMs <= 0) {
        // A server that is dead or frozen answers none of them: they are not waited for again.
        this.#underWay.clear();
        this.#mayPush = false;
        return;
      }
      const next = this.#underWay.size > 0 ? Promise.race(this.#underWay) : this.#pushesSettled();
      await withDeadline(systemClock, next, restMs).catch(() => undefined);
      await super.settle();
    }
  }

  #pushesSettled(): Promise<void> {
    this.#mayPush = false;
    return this.#settlePushes?.() ?? Promise.resolve();
  }
}

/** So many looks at the condition while `within` moves the clock. */
const stepsWithin = 100;

class VirtualTime implements CaseTime {
  readonly clock: SuiteClock;
  readonly #patienceMs: number;

  constructor(patienceMs: number, settlePushes: (() => Promise<void>) | undefined) {
    this.clock = new SuiteClock(patienceMs, settlePushes);
    this.#patienceMs = patienceMs;
  }

  advance(duration: Duration): Promise<void> {
    return this.clock.advance(duration);
  }

  async within(duration: Duration, condition: Condition, what: string): Promise<void> {
    const end = this.clock.now() + durationToMs(duration, 'duration');
    const step = Math.max(1, (end - this.clock.now()) / stepsWithin);
    for (;;) {
      await this.clock.settle();
      if (await condition()) return;
      if (this.clock.now() >= end) break;
      await this.clock.advance(Math.min(step, end - this.clock.now()));
    }
    await this.eventually(condition, `${what}, within ${duration}`);
  }

  eventually(condition: Condition, what: string): Promise<void> {
    return waitFor(condition, what, this.#patienceMs, () => this.clock.settle());
  }

  settle(): Promise<void> {
    return this.clock.settle();
  }

  track<T>(work: Promise<T>): Promise<T> {
    return this.clock.track(work);
  }
}

/** A case that would wait longer for real belongs on a test clock. */
const longestRealWaitMs = 15_000;

class RealTime implements CaseTime {
  readonly clock = systemClock;
  readonly #patienceMs: number;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  async advance(duration: Duration): Promise<void> {
    const ms = durationToMs(duration, 'duration');
    if (ms > longestRealWaitMs) throw new Error(`a case may not wait ${duration} for real: it needs 'testClock'`);
    await realPause(ms);
  }

  within(duration: Duration, condition: Condition, what: string): Promise<void> {
    return waitFor(condition, `${what}, within ${duration}`, durationToMs(duration, 'duration'), () => this.settle());
  }

  eventually(condition: Condition, what: string): Promise<void> {
    return waitFor(condition, what, this.#patienceMs, () => this.settle());
  }

  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  track<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

/**
 * @param patienceMs real time after which a condition that does not hold is a failure.
 * @param settlePushes resolves when what the server pushed has arrived.
 */
export function createCaseTime(clock: 'test' | 'server', patienceMs: number, settlePushes?: () => Promise<void>): CaseTime {
  return clock === 'test' ? new VirtualTime(patienceMs, settlePushes) : new RealTime(patienceMs);
}
