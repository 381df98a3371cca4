import { checkPage } from '../page-options.js';
import type { PageOptions } from '../ports/queue.js';
import type { Page } from '../ports/queue-store.js';
import type { StoredRecord } from '../ports/records.js';
import type { ScheduleView } from '../ports/scheduler.js';
import { hasBegun } from './moves.js';
import { messageIdOf } from './occurrence.js';
import type { SchedulerEngine } from './occurrences.js';
import { isFinal, readSchedule, type Schedule } from './record.js';
import { isRepeating } from './rule.js';

/** Schedules as an application reads them. */
export class ScheduleViews {
  readonly #engine: SchedulerEngine;

  constructor(engine: SchedulerEngine) {
    this.#engine = engine;
  }

  async get(id: string): Promise<ScheduleView | undefined> {
    const schedule = await this.#engine.records.read(id);
    return schedule && this.#view(schedule);
  }

  /** @throws ConfigError */
  async list(options: PageOptions | undefined): Promise<Page<ScheduleView>> {
    const { cursor, limit } = checkPage(options);
    const page = await this.#engine.records.list(undefined, cursor, limit);
    const views = await Promise.all(page.items.map((record) => this.#viewReadable(record)));
    return { items: views.filter((view) => view !== undefined), cursor: page.cursor };
  }

  /** A record that can't be read is told, and keeps none of its neighbours from being listed. */
  async #viewReadable(record: StoredRecord): Promise<ScheduleView | undefined> {
    let schedule: Schedule;
    try {
      schedule = readSchedule(record);
    } catch (error) {
      this.#engine.logger.error({ err: error, schedule: record.key }, 'the record of a schedule is damaged');
      this.#engine.events.tell('error', error as Error, record.key);
      return undefined;
    }
    return this.#view(schedule);
  }

  async #view(schedule: Schedule): Promise<ScheduleView> {
    const { id, name, state, payload, options, current, last } = schedule;
    return {
      id,
      name,
      payload: this.#engine.codec.decode(payload),
      isRepeating: isRepeating(options),
      isPaused: state === 'paused',
      status: await this.#statusOf(schedule),
      nextRun: state === 'scheduled' && !hasBegun(schedule) ? new Date(current.due) : undefined,
      lastRun: last === undefined ? undefined : new Date(last.due),
      lastResult: last === undefined ? undefined : { outcome: last.outcome, error: last.error },
      options,
    };
  }

  /** What began runs only while a worker has it: it may wait for its next attempt. */
  async #statusOf({ id, state, running }: Schedule): Promise<ScheduleView['status']> {
    if (isFinal(state)) return state;
    const found = await Promise.all(running.map((one) => this.#engine.queue.find(messageIdOf(id, one))));
    return found.some((message) => message?.state === 'active') ? 'running' : 'scheduled';
  }
}
