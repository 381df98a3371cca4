import { ConnectionError } from '@quayside/core';
import type { Gate } from '../gate.js';
import type { CaseTime } from '../time.js';

/** A call to the backend, by the store it goes to. */
export type LineMethod =
  | 'queue.publish'
  | 'queue.exchange'
  | 'queue.extend'
  | 'queue.cancel'
  | 'queue.other'
  | 'records.write'
  | 'records.read'
  | 'records.list'
  | 'pubsub.publish'
  | 'pubsub.subscribe';

type Loss = 'request' | 'reply';

/** Where a process ends: before the call is sent, or after it ran and before its reply. */
export interface CrashPoint {
  /** Which of its calls, from 1. */
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** All that one process says to its backend, and hears of it: so it can end between any two calls, and lose any single one. */
export class ProcessLine {
  readonly #time: CaseTime;
  readonly #losses: { readonly method: LineMethod; readonly what: Loss }[] = [];
  readonly #held = new Map<LineMethod, Gate>();
  readonly #unanswered: ((error: Error) => void)[] = [];
  readonly #gone = new AbortController();
  readonly #counts = new Map<LineMethod, number>();
  #crashPoint: CrashPoint | undefined;
  #calls = 0;
  #isClosed = false;

  constructor(time: CaseTime) {
    this.#time = time;
  }

  /** Calls so far. */
  get calls(): number {
    return this.#calls;
  }

  get isDead(): boolean {
    return this.#gone.signal.aborted;
  }

  /** Aborted when the process ends: its connections are gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  callsOf(method: LineMethod): number {
    return this.#counts.get(method) ?? 0;
  }

  /** The process ends at this call, should it come so far. */
  crashAt(point: CrashPoint): void {
    this.#crashPoint = point;
  }

  /** The process ends without a word. */
  crash(): void {
    this.#gone.abort();
  }

  /** The next calls of the method run, and their replies are lost: ConnectionError, outcome `unknown`. */
  loseReply(method: LineMethod, times = 1): void {
    for (let count = 0; count < times; count++) this.#losses.push({ method, what: 'reply' });
  }

  /** The next calls of the method do not reach the backend: ConnectionError, outcome `not-published`. */
  loseRequest(method: LineMethod, times = 1): void {
    for (let count = 0; count < times; count++) this.#losses.push({ method, what: 'request' });
  }

  /** No further loss, and no crash. */
  forgive(): void {
    this.#losses.length = 0;
    this.#crashPoint = undefined;
  }

  /** The next call of the method is on its way until the gate opens. */
  hold(method: LineMethod, gate: Gate): void {
    this.#held.set(method, gate);
  }

  async pass<T>(method: LineMethod, call: () => Promise<T>): Promise<T> {
    const place = ++this.#calls;
    this.#counts.set(method, this.callsOf(method) + 1);
    if (this.#crashPoint?.call === place && this.#crashPoint.when === 'before') this.crash();
    if (this.isDead) return this.#noAnswer();
    const loss = this.#takeLoss(method);
    if (loss === 'request') throw new ConnectionError(`the connection was cut before '${method}' was sent`, { outcome: 'not-published' });
    const gate = this.#held.get(method);
    this.#held.delete(method);
    await gate?.opened;
    const reply = await this.#time.track(call());
    if (this.#crashPoint?.call === place) this.crash();
    if (this.isDead) return this.#noAnswer();
    if (loss === 'reply') throw new ConnectionError(`the connection was cut before the reply to '${method}'`, { outcome: 'unknown' });
    return reply;
  }

  /** Ends what is unanswered, so that the engines behind can be stopped. */
  close(): void {
    this.#isClosed = true;
    for (const reject of this.#unanswered.splice(0)) reject(new ConnectionError('the case is over', { outcome: 'unknown' }));
  }

  #takeLoss(method: LineMethod): Loss | undefined {
    const index = this.#losses.findIndex((loss) => loss.method === method);
    return index < 0 ? undefined : this.#losses.splice(index, 1)[0]?.what;
  }

  #noAnswer(): Promise<never> {
    if (this.#isClosed) return Promise.reject(new ConnectionError('the case is over', { outcome: 'unknown' }));
    return new Promise((_, reject) => void this.#unanswered.push(reject));
  }
}
