import type { Listeners } from '../listeners.js';
import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { Queue } from '../ports/queue.js';
import type { SchedulerEvents } from '../ports/scheduler.js';
import type { Clock } from '../time/clock.js';
import { isRefusal } from '../time/patience.js';
import { isPromised, refused } from './moves.js';
import { headersOf, messageIdOf, toRun } from './occurrence.js';
import type { Schedule } from './record.js';
import type { ScheduleRecords } from './schedule-records.js';

/** What the parts of one scheduler share. */
export interface SchedulerEngine {
  readonly queue: Queue;
  readonly records: ScheduleRecords;
  readonly clock: Clock;
  readonly codec: Codec;
  readonly logger: Logger;
  readonly events: Listeners<SchedulerEvents>;
}

/**
 * The messages that stand for what the records say. A record is written first, and promises its occurrence; the message follows. Whoever
 * finds a promise without its message (after a crash between the two) publishes it; a message without a promise runs nothing.
 */
export class Occurrences {
  readonly #engine: SchedulerEngine;

  constructor(engine: SchedulerEngine) {
    this.#engine = engine;
  }

  /** Publishes the occurrence that the schedule names; one that is there already stays as it is. @throws as `Queue.publish` */
  async publish({ id, name, payload, options, current }: Schedule): Promise<void> {
    const { queue, clock, codec } = this.#engine;
    const { priority, timeout, maxRetries, backoff } = options;
    await queue.publish(name, codec.decode(payload), {
      id: messageIdOf(id, current),
      delay: Math.max(0, current.due - clock.now()),
      priority,
      timeout,
      maxRetries,
      backoff,
      headers: headersOf({ ...current, scheduleId: id }),
    });
  }

  /** The same for a schedule that was changed before this process published: what it published then is taken back. */
  async publishIfStanding(schedule: Schedule): Promise<void> {
    await this.publish(schedule);
    const now = await this.#engine.records.read(schedule.id);
    if (now === undefined || !isPromised(now, schedule.current)) await this.withdraw(schedule);
  }

  /** In the background: an occurrence that its queue refuses (a stricter schema, a lower limit) ends the schedule, and that is told. Answers whether it is published. */
  async publishOrEnd(schedule: Schedule): Promise<boolean> {
    try {
      await this.publishIfStanding(schedule);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { logger, events, records } = this.#engine;
      logger.error({ err: error, schedule: schedule.id }, 'the next occurrence is refused: the schedule has failed');
      events.tell('error', error as Error, schedule.id);
      await records.move(schedule, refused(schedule, error));
      return false;
    }
  }

  /** Takes an occurrence back that has not begun. */
  async withdraw({ id, current }: Schedule): Promise<void> {
    await this.#engine.queue.remove(messageIdOf(id, current));
  }

  /** Publishes the occurrence that a schedule promises, where it is missing. Harmless when nothing is, and when many do it at once. */
  async mend(schedule: Schedule | undefined): Promise<void> {
    if (schedule?.state !== 'scheduled') return;
    const { queue, records, logger, events } = this.#engine;
    if ((await queue.find(messageIdOf(schedule.id, schedule.current))) !== undefined) return;
    // The record moves before its message goes: where it stands as it was, the message is really missing.
    const now = await records.read(schedule.id);
    if (now?.revision !== schedule.revision) return;
    logger.warn({ schedule: schedule.id, due: schedule.current.due }, 'an occurrence was missing: it is published again');
    const isPublished = await this.publishOrEnd(schedule);
    if (isPublished) events.tell('mended', toRun({ ...schedule.current, scheduleId: schedule.id }));
  }
}
