import { sleep, systemClock } from '@quayside/core';

export interface WaitingLine {
  /** False: no marker reaches this process. */
  isHeard(): boolean;
  /** Somebody waits for this queue now. */
  wanted(): void;
  /** Gives the marker back, for another process. */
  passOn(): void;
}

/** The scripts know this figure (parts/marker.lua): what falls due sooner is told, the rest is seen at the next look. */
const longestSleepMs = 4_000;
/** Where no marker comes. */
const unheardSleepMs = 100;

/**
 * Who waits in this process for one queue. A marker that was popped ends one sleep, and whoever is woken owes a look at the queue: where
 * none begins (it is stopping, say), the next sleeper is woken, else the marker goes back.
 */
export class QueueWaiters {
  readonly #line: WaitingLine;
  readonly #sleeping = new Set<() => void>();
  #looks = 0;
  #hasWaited = false;

  constructor(line: WaitingLine) {
    this.#line = line;
  }

  get isAnyAsleep(): boolean {
    return this.#sleeping.size > 0;
  }

  /** Somebody waited since this process was last given work: he may be the only one who knows what falls due next. */
  get hasWaited(): boolean {
    return this.#hasWaited;
  }

  /** A look at the queue begins. */
  looks(): void {
    this.#looks++;
  }

  givenWork(): void {
    this.#hasWaited = false;
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    this.#hasWaited = true;
    const over = new AbortController();
    const end = () => over.abort();
    this.#sleeping.add(end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    else this.#line.wanted();
    await sleep(systemClock, Math.min(timeoutMs, this.#line.isHeard() ? longestSleepMs : unheardSleepMs), over.signal);
    signal.removeEventListener('abort', end);
    this.#sleeping.delete(end);
  }

  woken(): void {
    const looks = this.#looks;
    const [first] = this.#sleeping;
    if (first !== undefined) {
      this.#sleeping.delete(first);
      first();
    }
    systemClock.defer(() => systemClock.defer(() => this.#checkLook(looks)));
  }

  restarted(): void {
    for (const end of this.#sleeping) end();
  }

  #checkLook(looks: number): void {
    if (this.#looks !== looks) return;
    if (this.#sleeping.size > 0) this.woken();
    else this.#line.passOn();
  }
}
