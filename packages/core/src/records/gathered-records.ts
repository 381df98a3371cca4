import type { RecordRemoval, RecordStore, RecordWrite, StoredRecord, WriteOutcome } from '../ports/records.js';
import type { Clock } from '../time/clock.js';
import { withDeadline } from '../time/deadline.js';

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** A server runs a call whole, and other clients wait meanwhile. */
const maxAskedAtOnce = 500;
/** Core's own bound of a call: a client library's own time-out is not one. */
const callTimeoutMs = 4_000;

/** Asks for one at a time; what one turn of the event loop asks goes in one call, in order. */
class Gathered<Asked, Answer> {
  readonly #call: (asked: readonly Asked[]) => Promise<readonly Answer[]>;
  readonly #clock: Clock;
  #waiting: Waiting<Asked, Answer>[] = [];

  constructor(clock: Clock, call: (asked: readonly Asked[]) => Promise<readonly Answer[]>) {
    this.#clock = clock;
    this.#call = call;
  }

  ask(asked: Asked): Promise<Answer> {
    if (this.#waiting.length === 0) this.#clock.defer(() => this.#sendAll());
    return new Promise((resolve, reject) => void this.#waiting.push({ asked, resolve, reject }));
  }

  #sendAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let first = 0; first < waiting.length; first += maxAskedAtOnce) void this.#send(waiting.slice(first, first + maxAskedAtOnce));
  }

  async #send(waiting: readonly Waiting<Asked, Answer>[]): Promise<void> {
    try {
      const answers = await withDeadline(this.#clock, this.#call(waiting.map(({ asked }) => asked)), callTimeoutMs);
      for (let index = 0; index < waiting.length; index++) waiting[index]?.resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

/** Records one by one for the caller, in few calls for the backend; each settles within a bound of core's own. */
export class GatheredRecords {
  readonly #writes: Gathered<RecordWrite | RecordRemoval, WriteOutcome>;
  readonly #reads: Gathered<string, StoredRecord | undefined>;

  constructor(records: RecordStore, clock: Clock) {
    this.#writes = new Gathered(clock, (writes) => records.write(writes));
    this.#reads = new Gathered(clock, (keys) => records.read(keys));
  }

  /** @throws ConnectionError, TimeoutError, and whatever the store says */
  write(write: RecordWrite | RecordRemoval): Promise<WriteOutcome> {
    return this.#writes.ask(write);
  }

  /** @throws ConnectionError, TimeoutError, and whatever the store says */
  read(key: string): Promise<StoredRecord | undefined> {
    return this.#reads.ask(key);
  }
}
