import type { RecordRemoval, RecordStore, RecordWrite, StoredRecord, WriteOutcome } from '../ports/records.js';
import type { Clock } from '../time/clock.js';

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

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
    if (this.#waiting.length === 0) this.#clock.defer(() => this.#send());
    return new Promise((resolve, reject) => void this.#waiting.push({ asked, resolve, reject }));
  }

  #send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#call(waiting.map(({ asked }) => asked)).then(
      (answers) => waiting.forEach(({ resolve }, index) => void resolve(answers[index] as Answer)),
      (error: unknown) => waiting.forEach(({ reject }) => void reject(error)),
    );
  }
}

/** Records one by one for the caller, in few calls for the backend. */
export class GatheredRecords {
  readonly #writes: Gathered<RecordWrite | RecordRemoval, WriteOutcome>;
  readonly #reads: Gathered<string, StoredRecord | undefined>;

  constructor(records: RecordStore, clock: Clock) {
    this.#writes = new Gathered(clock, (writes) => records.write(writes));
    this.#reads = new Gathered(clock, (keys) => records.read(keys));
  }

  write(write: RecordWrite | RecordRemoval): Promise<WriteOutcome> {
    return this.#writes.ask(write);
  }

  read(key: string): Promise<StoredRecord | undefined> {
    return this.#reads.ask(key);
  }
}
