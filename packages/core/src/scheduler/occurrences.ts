import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { Headers } from '../message/message.js';
import type { Ending, MessageHead } from '../ports/handler.js';
import type { Queue } from '../ports/queue.js';
import type { RecordStore, RecordWrite } from '../ports/records.js';
import type { Clock } from '../time/clock.js';
import { type LastRun, occurrenceId, readSchedule, type Schedule } from './record.js';

/** How long a schedule that ended can be read. */
export const keepEndedMs = 24 * 3_600_000;

/** An occurrence that starts later than this, or after its successor is due, was missed (Quartz's default misfire threshold). */
const missedAfterMs = 60_000;

const scheduleHeader = 'quayside-schedule';
const dueHeader = 'quayside-due';

/** Which occurrence of which schedule a message is. */
export interface Occurrence {
  readonly scheduleId: string;
  readonly due: number;
}

export function occurrenceOf(headers: Headers): Occurrence | undefined {
  const scheduleId = headers[scheduleHeader];
  return scheduleId === undefined ? undefined : { scheduleId, due: Number(headers[dueHeader]) };
}

export interface OccurrenceParts {
  readonly queue: Queue;
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly logger: Logger;
}

/**
 * The chain of occurrences: whoever ends one publishes the next before he settles it, so a crash in between brings the old one again and
 * never loses or doubles the new one, whose id is fixed. With `overlap` that happens before the handler runs.
 */
export class Occurrences {
  readonly #parts: OccurrenceParts;
  /** When the handler of a running occurrence began: what was missed before then is covered by it. */
  readonly #startedAt = new Map<string, number>();

  constructor(parts: OccurrenceParts) {
    this.#parts = parts;
  }

  /** Publishes an occurrence; one that is there already stays as it is. */
  async publish({ id, name, payload, options }: Pick<Schedule, 'id' | 'name' | 'payload' | 'options'>, due: number): Promise<void> {
    const { queue, clock, codec } = this.#parts;
    const { priority, timeout, maxRetries, backoff } = options;
    await queue.publish(name, codec.decode(payload), {
      id: occurrenceId(id, due),
      delay: Math.max(0, due - clock.now()),
      priority,
      timeout,
      maxRetries,
      backoff,
      headers: { [scheduleHeader]: id, [dueHeader]: String(due) },
    });
  }

  /** Before the handler. False: it was missed, and its schedule skips what it missed. */
  async begin(occurrence: Occurrence): Promise<boolean> {
    const now = this.#parts.clock.now();
    const schedule = await this.read(occurrence.scheduleId);
    if (schedule?.options.misfire === 'skip' && isMissed(schedule, occurrence.due, now)) return false;
    this.#startedAt.set(occurrenceId(occurrence.scheduleId, occurrence.due), now);
    if (schedule?.options.overlap === true) await this.#advance(occurrence, now, { started: String(occurrence.due) });
    return true;
  }

  /** Before the settlement, whatever it is: the next occurrence, and how this one went. */
  async end({ headers, id }: MessageHead, ending: Ending): Promise<void> {
    const occurrence = occurrenceOf(headers);
    if (occurrence === undefined || ending.outcome === 'retry' || ending.outcome === 'release') return;
    const startedAt = this.#startedAt.get(id) ?? this.#parts.clock.now();
    this.#startedAt.delete(id);
    const last = lastRunOf(occurrence.due, ending);
    await this.#advance(occurrence, startedAt, { last: JSON.stringify(last) }, last);
  }

  async read(id: string): Promise<Schedule | undefined> {
    const [record] = await this.#parts.records.read([id]);
    return record === undefined ? undefined : readSchedule(record);
  }

  /** Publishes what is missing: the one gap is a crash between a record and the message that it promises. */
  async repair(schedule: Schedule): Promise<boolean> {
    if ((await this.#parts.queue.find(occurrenceId(schedule.id, schedule.next))) !== undefined) return false;
    // The chain may have moved on since the record was read: then nothing is missing.
    const now = await this.read(schedule.id);
    if (now?.state !== 'scheduled' || now.revision !== schedule.revision) return false;
    this.#parts.logger.warn({ schedule: schedule.id, due: schedule.next }, 'an occurrence was missing: it is published again');
    await this.publish(schedule, schedule.next);
    return true;
  }

  /** Moves a schedule past an occurrence, once, and adds what is to be told of it. A finished run that ends the schedule is given by `last`. */
  async #advance(
    { scheduleId, due }: Occurrence,
    startedAt: number,
    fields: Readonly<Record<string, string>>,
    last?: LastRun,
  ): Promise<void> {
    for (;;) {
      const schedule = await this.read(scheduleId);
      if (schedule === undefined) return;
      const isCurrent = schedule.state === 'scheduled' && schedule.next <= due;
      const next = isCurrent && schedule.rule.isRepeating ? nextAfter(schedule, due, startedAt, this.#parts.clock.now()) : undefined;
      if (next !== undefined) await this.publish(schedule, next);
      const isOver = isCurrent && next === undefined && last !== undefined;
      const write: RecordWrite = {
        key: scheduleId,
        when: { revision: schedule.revision },
        state: isOver ? (last?.outcome ?? schedule.state) : schedule.state,
        fields: next === undefined ? fields : { ...fields, next: String(next) },
        expiresInMs: isOver || isFinal(schedule) ? keepEndedMs : undefined,
      };
      const [outcome] = await this.#parts.records.write([write]);
      if (outcome?.status === 'written') return;
      if (next !== undefined) await this.#withdraw(schedule, next);
    }
  }

  /** Somebody changed the schedule meanwhile: what was published by the old rule goes, unless the new one wants it, too. */
  async #withdraw(schedule: Schedule, published: number): Promise<void> {
    const now = await this.read(schedule.id);
    if (now?.state === 'scheduled' && now.next === published) return;
    await this.#parts.queue.remove(occurrenceId(schedule.id, published));
  }
}

export function isFinal({ state }: Schedule): boolean {
  return state !== 'scheduled' && state !== 'paused';
}

function lastRunOf(due: number, ending: Exclude<Ending, { outcome: 'retry' | 'release' }>): LastRun {
  if (ending.outcome === 'complete') return { due, outcome: 'completed' };
  if (ending.outcome === 'drop' && ending.as === 'cancelled') return { due, outcome: 'cancelled' };
  return { due, outcome: 'failed', error: ending.error?.message };
}

function isMissed(schedule: Schedule, due: number, now: number): boolean {
  const successor = schedule.rule.after(due);
  return now - due > missedAfterMs || (successor !== undefined && successor <= now);
}

/** What comes after an occurrence that began at `startedAt`: everything missed by then is one run, all of them, or none. */
function nextAfter({ rule, options }: Schedule, due: number, startedAt: number, now: number): number | undefined {
  const next = rule.after(options.misfire === 'all' ? due : Math.max(due, startedAt));
  return options.misfire === 'skip' && next !== undefined && next <= now ? rule.after(now) : next;
}
