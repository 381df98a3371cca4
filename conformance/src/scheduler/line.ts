import { ConnectionError, type QueueStore, type RecordStore, type StoreMethod, StoreWrapper } from '@quayside/core';
import type { Gate } from '../gate.js';
import type { CaseTime } from '../time.js';

/** A call of a scheduler's process to its backend. */
export type LineCall = `queue.${StoreMethod}` | `records.${keyof RecordStore}`;

/** `request`: it does not reach the backend. `reply`: it runs, and its answer is lost. */
export type Loss = 'request' | 'reply';

/** The line between one process's scheduler and its backend, queue and records together: it can lose single calls, or die. */
export class Line {
  /** Every call but `wait`, in order: a wait changes nothing. */
  readonly calls: LineCall[] = [];
  readonly #time: CaseTime;
  readonly #losses: { readonly call: LineCall; readonly what: Loss }[] = [];
  readonly #held = new Map<LineCall, Gate>();
  readonly #unanswered: ((error: Error) => void)[] = [];
  #chance: { readonly loss: number; readonly random: () => number } | undefined;
  #death: { readonly at: number; readonly what: Loss } | undefined;
  #gone = new AbortController();

  constructor(time: CaseTime) {
    this.#time = time;
  }

  /** From now on no call reaches the backend and no reply comes back; neither is told. So does a process look that vanished. */
  silence(): void {
    this.#gone.abort();
  }

  get isSilent(): boolean {
    return this.#gone.signal.aborted;
  }

  /** The same from the call of this number on (from 1): it is lost itself, or only its reply. */
  dieAt(call: number, what: Loss): void {
    this.#death = { at: call, what };
  }

  /** Calls go through again; those that went into the silence stay unanswered. */
  heal(): void {
    this.#gone = new AbortController();
  }

  /** The next calls of a kind are lost, and that is told: ConnectionError, its outcome `not-published` or `unknown`. */
  lose(call: LineCall, what: Loss, times = 1): void {
    for (let count = 0; count < times; count++) this.#losses.push({ call, what });
  }

  /** The next call of a kind runs, and its reply is on the way until the gate opens. */
  hold(call: LineCall, gate: Gate): void {
    this.#held.set(call, gate);
  }

  /** From now on so large a part of all calls is lost, half of them before they arrive, and that is told. */
  loseByChance(loss: number, random: () => number): void {
    this.#chance = { loss, random };
  }

  /** No further loss: takes back what was asked for and has not happened yet. */
  forgive(): void {
    this.#losses.length = 0;
    this.#chance = undefined;
  }

  /** Ends what is unanswered, so that the engine behind can be stopped. */
  close(): void {
    this.silence();
    for (const reject of this.#unanswered) reject(new ConnectionError('the case is over', { outcome: 'unknown' }));
  }

  queueStore(store: QueueStore): QueueStore {
    return new LinedQueueStore(store, this, (signal) => AbortSignal.any([signal, this.#gone.signal]));
  }

  recordStore(store: RecordStore): RecordStore {
    return {
      write: (writes) => this.pass('records.write', () => store.write(writes)),
      read: (keys) => this.pass('records.read', () => store.read(keys)),
      list: (state, cursor, limit) => this.pass('records.list', () => store.list(state, cursor, limit)),
    };
  }

  async pass<T>(call: LineCall, run: () => Promise<T>): Promise<T> {
    if (call === 'queue.wait') return run();
    this.calls.push(call);
    const dies = this.#death?.at === this.calls.length ? this.#death.what : undefined;
    if (dies === 'request') this.silence();
    if (this.isSilent) return this.#noAnswer();
    const loss = this.#takeLoss(call);
    if (loss === 'request') throw new ConnectionError(`the connection was cut before '${call}' was sent`, { outcome: 'not-published' });
    const gate = this.#held.get(call);
    this.#held.delete(call);
    const reply = await this.#time.track(run());
    await gate?.opened;
    if (dies === 'reply') this.silence();
    if (this.isSilent) return this.#noAnswer();
    if (loss === 'reply') throw new ConnectionError(`the connection was cut before the reply to '${call}'`, { outcome: 'unknown' });
    return reply;
  }

  #takeLoss(call: LineCall): Loss | undefined {
    const index = this.#losses.findIndex((loss) => loss.call === call);
    if (index >= 0) return this.#losses.splice(index, 1)[0]?.what;
    if (this.#chance === undefined || this.#chance.random() >= this.#chance.loss) return undefined;
    return this.#chance.random() < 0.5 ? 'request' : 'reply';
  }

  #noAnswer(): Promise<never> {
    return new Promise((_, reject) => void this.#unanswered.push(reject));
  }
}

class LinedQueueStore extends StoreWrapper {
  readonly #line: Line;
  readonly #whileAlive: (signal: AbortSignal) => AbortSignal;

  constructor(store: QueueStore, line: Line, whileAlive: (signal: AbortSignal) => AbortSignal) {
    super(store);
    this.#line = line;
    this.#whileAlive = whileAlive;
  }

  protected override pass<T>(method: StoreMethod, call: () => Promise<T>): Promise<T> {
    return this.#line.pass(`queue.${method}`, call);
  }

  /** The backend notices that the one who waits is gone, as a server does whose connection ends. */
  override wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return super.wait(timeoutMs, this.#whileAlive(signal));
  }
}
