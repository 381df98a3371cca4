import { LeaseLostError, UnrecoverableError } from '../errors.js';
import type { Message } from '../message/message.js';
import type { Ending, HandlerContext, MessageHead } from '../ports/handler.js';
import { isRefusal, type Patience, patiently } from '../time/patience.js';
import { begun, ended, type Handed, judge, skipped, type Verdict } from './moves.js';
import { isSameOccurrence, occurrenceOf, type ScheduledOccurrence, toRun } from './occurrence.js';
import type { Occurrences, SchedulerEngine } from './occurrences.js';
import type { LastRun, Schedule } from './record.js';

/** How a delivery begins: what is to become of it, and what stood in the record then. */
interface Beginning {
  readonly verdict: Verdict;
  readonly schedule: Schedule | undefined;
}

/** A run of this process. */
interface Running {
  readonly schedule: Schedule | undefined;
  /** Milliseconds since the epoch: what was missed before then is covered by it. */
  readonly startedAt: number;
  readonly signal: AbortSignal;
}

type FinalEnding = Exclude<Ending, { readonly outcome: 'retry' | 'release' }>;

/**
 * Stands round the handlers of occurrences. Before a run it asks the record whether this is still to run, and notes that it does; after it,
 * and before the message is settled, it records how the run went and promises the next one. So a crash anywhere brings the message again,
 * and the record says how far it got.
 */
export class Runs {
  readonly #engine: SchedulerEngine;
  readonly #occurrences: Occurrences;
  readonly #running = new Map<string, Running>();

  constructor(engine: SchedulerEngine, occurrences: Occurrences) {
    this.#engine = engine;
    this.#occurrences = occurrences;
  }

  /** Before the queue is started. */
  attach(): void {
    const { queue } = this.#engine;
    queue.use({
      concerns: (headers) => occurrenceOf(headers) !== undefined,
      process: (message, next, context) => this.#process(message, next, context),
      beforeSettle: (head, ending) => this.#beforeSettle(head, ending),
    });
    queue.on('lease-lost', ({ id }) => void this.#running.delete(id));
  }

  async #process(message: Message, next: () => Promise<unknown>, context: HandlerContext): Promise<unknown> {
    const occurrence = occurrenceOf(message.headers);
    if (occurrence === undefined) return next();
    const { signal, attempt, fencingToken: fence } = context;
    const patience = { clock: this.#engine.clock, signal };
    // A fault of the backend that passes costs the application no attempt.
    const { verdict, schedule } = await patiently(patience, () => this.#begin(occurrence, { occurrence, attempt, fence }));
    const startedAt = this.#engine.clock.now();
    switch (verdict) {
      case 'run':
        this.#running.set(message.id, { schedule, startedAt, signal });
        this.#engine.events.tell('started', toRun(occurrence), startedAt - occurrence.due);
        return next();
      case 'over':
        return repeatEnd(schedule, occurrence);
      case 'missed':
      case 'stale':
        await patiently(patience, () => this.#engine.queue.cancel(message.id));
        return undefined;
      case 'outdated':
        throw new LeaseLostError(message.id);
    }
  }

  async #beforeSettle(head: MessageHead, ending: Ending): Promise<void> {
    const occurrence = occurrenceOf(head.headers);
    const running = this.#running.get(head.id);
    this.#running.delete(head.id);
    if (occurrence === undefined || ending.outcome === 'retry' || ending.outcome === 'release') return;
    const { clock } = this.#engine;
    const { startedAt = clock.now(), signal } = running ?? {};
    const handed = { occurrence, attempt: head.attempt, fence: head.fencingToken };
    // Where no handler ran the lease has no signal: one try, and the queue's own release.
    const patience: Patience = signal === undefined ? { clock, until: 0 } : { clock, signal };
    let known = running?.schedule;
    try {
      await patiently(patience, () => {
        const from = known;
        known = undefined;
        return this.#end(handed, startedAt, lastRunOf(occurrence.due, ending), from);
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#giveUp(occurrence, error as Error);
    }
  }

  /** A record that can't be read will say nothing tomorrow either: its message must not circulate for ever. */
  #giveUp({ scheduleId }: ScheduledOccurrence, error: Error): void {
    this.#engine.logger.error({ err: error, schedule: scheduleId }, 'the end of a run could not be recorded');
    this.#engine.events.tell('error', error, scheduleId);
  }

  async #begin(occurrence: ScheduledOccurrence, handed: Handed): Promise<Beginning> {
    const { records, clock } = this.#engine;
    let schedule = await records.read(occurrence.scheduleId);
    for (;;) {
      const verdict = judge(schedule, handed, clock.now());
      if (schedule === undefined || (verdict !== 'run' && verdict !== 'missed')) {
        await this.#occurrences.mend(schedule);
        return { verdict, schedule };
      }
      const moved = await records.move(schedule, verdict === 'run' ? begun(schedule, handed, clock.now()) : skipped(schedule, clock.now()));
      if (moved.isMoved) {
        await this.#follow(schedule, moved.schedule, occurrence);
        return { verdict, schedule: moved.schedule };
      }
      schedule = moved.schedule;
    }
  }

  async #end(
    handed: Handed & { readonly occurrence: ScheduledOccurrence },
    startedAt: number,
    last: LastRun,
    known?: Schedule,
  ): Promise<void> {
    const { records, clock, events } = this.#engine;
    const { occurrence } = handed;
    let schedule = known ?? (await records.read(occurrence.scheduleId));
    for (;;) {
      const move = schedule && ended(schedule, handed, startedAt, clock.now(), last);
      if (schedule === undefined || move === undefined) return this.#occurrences.mend(schedule);
      const moved = await records.move(schedule, move);
      if (moved.isMoved) {
        events.tell('ended', toRun(occurrence), last.outcome);
        return this.#follow(schedule, moved.schedule, occurrence);
      }
      schedule = moved.schedule;
    }
  }

  /** A promise that this process just made. One that was made before, where a run is begun again, may have been left without its message. */
  async #follow(before: Schedule, after: Schedule, occurrence: ScheduledOccurrence): Promise<void> {
    if (after.state !== 'scheduled') return;
    if (!isSameOccurrence(before.current, after.current)) await this.#occurrences.publishOrEnd(after);
    else if (!isSameOccurrence(after.current, occurrence)) await this.#occurrences.mend(after);
  }
}

/** The run had ended, and its process died before it could say so to the queue. */
function repeatEnd(schedule: Schedule | undefined, { due }: ScheduledOccurrence): undefined {
  const last = schedule?.last;
  if (last?.due === due && last.outcome === 'failed') throw new UnrecoverableError(last.error ?? 'failed');
  return undefined;
}

function lastRunOf(due: number, ending: FinalEnding): LastRun {
  if (ending.outcome === 'complete') return { due, outcome: 'completed' };
  if (ending.outcome === 'drop' && ending.as === 'cancelled') return { due, outcome: 'cancelled' };
  return { due, outcome: 'failed', error: ending.error?.message };
}
