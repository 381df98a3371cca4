import { ConnectionError, type QueueStore, type StoreMethod, StoreWrapper } from '@quayside/core';
import type { Gate } from '../gate.js';
import type { CaseTime } from '../time.js';

type Loss = 'request' | 'reply';

/** The line between one engine and its backend: it can be cut, go silent, or swallow a single reply. */
export class Link extends StoreWrapper {
  readonly #time: CaseTime;
  readonly #losses: { readonly method: StoreMethod; readonly what: Loss }[] = [];
  readonly #held = new Map<StoreMethod, Gate>();
  readonly #calls = new Map<StoreMethod, number>();
  readonly #unanswered: ((error: Error) => void)[] = [];
  #isSilent = false;
  #gone = new AbortController();

  constructor(store: QueueStore, time: CaseTime) {
    super(store);
    this.#time = time;
  }

  /** How often a method was called through this line. */
  calls(method: StoreMethod): number {
    return this.#calls.get(method) ?? 0;
  }

  /** The next call of the method runs, and its reply is lost: ConnectionError, outcome `unknown`. */
  loseReply(method: StoreMethod, times = 1): void {
    for (let count = 0; count < times; count++) this.#losses.push({ method, what: 'reply' });
  }

  /** The next call of the method does not reach the backend: ConnectionError, outcome `not-published`. */
  loseRequest(method: StoreMethod, times = 1): void {
    for (let count = 0; count < times; count++) this.#losses.push({ method, what: 'request' });
  }

  /** No further loss: takes back what was asked for and has not happened yet. */
  forgive(): void {
    this.#losses.length = 0;
  }

  /** The next call of the method runs, and its reply is on the way until the gate opens. */
  holdReply(method: StoreMethod, gate: Gate): void {
    this.#held.set(method, gate);
  }

  /** From now on no call reaches the backend and no reply comes back; neither is told. So does a process that vanished look, and a dead connection. */
  silence(): void {
    this.#isSilent = true;
    this.#gone.abort();
  }

  /** Calls go through again; those that went into the silence stay unanswered. */
  heal(): void {
    this.#isSilent = false;
    this.#gone = new AbortController();
  }

  /** Ends what is unanswered, so that the engine behind can be stopped. */
  close(): void {
    for (const reject of this.#unanswered) reject(new ConnectionError('the case is over', { outcome: 'unknown' }));
  }

  /** The backend notices that the one who waits is gone, as a server does whose connection ends. */
  override wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return super.wait(timeoutMs, AbortSignal.any([signal, this.#gone.signal]));
  }

  protected override async pass<T>(method: StoreMethod, call: () => Promise<T>): Promise<T> {
    this.#calls.set(method, this.calls(method) + 1);
    if (this.#isSilent) return this.#noAnswer();
    const loss = this.#takeLoss(method);
    if (loss === 'request') throw new ConnectionError(`the connection was cut before '${method}' was sent`, { outcome: 'not-published' });
    const gate = this.#held.get(method);
    this.#held.delete(method);
    const reply = await (method === 'wait' ? call() : this.#time.track(call()));
    await gate?.opened;
    if (this.#isSilent) return this.#noAnswer();
    if (loss === 'reply') throw new ConnectionError(`the connection was cut before the reply to '${method}'`, { outcome: 'unknown' });
    return reply;
  }

  #takeLoss(method: StoreMethod): Loss | undefined {
    const index = this.#losses.findIndex((loss) => loss.method === method);
    return index < 0 ? undefined : this.#losses.splice(index, 1)[0]?.what;
  }

  #noAnswer(): Promise<never> {
    return new Promise((_, reject) => void this.#unanswered.push(reject));
  }
}
