import { type HandlerContext, type Message, scheduledRunOf } from '@quayside/core';

/** One start of a handler. */
export interface RunStart {
  readonly scheduleId: string;
  /** Milliseconds since the epoch: the time that the run is for. */
  readonly due: number;
  readonly payload: unknown;
  readonly attempt: number;
  readonly context: HandlerContext;
  /** By the case's clock. */
  readonly at: number;
}

/** What a handler does besides being recorded. Its value, or what it throws, is the handler's. */
export type RunWork = (start: RunStart) => unknown;

/** A handler that writes down each of its starts and ends. One recorder may stand in several processes. */
export class RunRecorder {
  readonly starts: RunStart[] = [];
  /** In the order in which they ended, however they did. */
  readonly ended: RunStart[] = [];
  /** Schedules of which two runs ran at a time. */
  readonly overlaps = new Set<string>();
  readonly #running = new Map<string, number>();
  readonly #now: () => number;
  readonly #work: RunWork;

  constructor(now: () => number, work: RunWork = () => undefined) {
    this.#now = now;
    this.#work = work;
  }

  readonly handle = async (message: Message, context: HandlerContext): Promise<unknown> => {
    const run = scheduledRunOf(message.headers);
    if (run === undefined) throw new Error(`message ${message.id} is no scheduled run`);
    const { scheduleId, due } = run;
    const start = { scheduleId, due: due.getTime(), payload: message.payload, attempt: context.attempt, context, at: this.#now() };
    this.starts.push(start);
    const atOnce = (this.#running.get(scheduleId) ?? 0) + 1;
    if (atOnce > 1) this.overlaps.add(scheduleId);
    this.#running.set(scheduleId, atOnce);
    try {
      return await this.#work(start);
    } finally {
      this.#running.set(scheduleId, (this.#running.get(scheduleId) ?? 1) - 1);
      this.ended.push(start);
    }
  };

  get running(): number {
    return [...this.#running.values()].reduce((sum, count) => sum + count, 0);
  }

  get payloads(): readonly unknown[] {
    return this.starts.map(({ payload }) => payload);
  }

  startsOf(scheduleId: string): readonly RunStart[] {
    return this.starts.filter((start) => start.scheduleId === scheduleId);
  }

  /** For which times a schedule's runs were, in the order of starting. */
  duesOf(scheduleId: string): readonly number[] {
    return this.startsOf(scheduleId).map(({ due }) => due);
  }
}
