import type { IdMaker } from '../message/ids.js';
import type { ScheduleCancelOutcome, ScheduleChanges } from '../ports/scheduler.js';
import { isUnreachable } from '../time/patience.js';
import { hasBegun, redefined, resumed } from './moves.js';
import { messageIdOf } from './occurrence.js';
import type { Occurrences, SchedulerEngine } from './occurrences.js';
import { checkScheduleOptions } from './options.js';
import { type Definition, isFinal, type Move, type Schedule } from './record.js';
import { isRepeating } from './rule.js';

/** What an application changes of a schedule that stands. The record decides, by compare-and-set; the messages follow it. */
export class Changes {
  readonly #engine: SchedulerEngine;
  readonly #occurrences: Occurrences;
  readonly #ids: IdMaker;

  constructor(engine: SchedulerEngine, occurrences: Occurrences, ids: IdMaker) {
    this.#engine = engine;
    this.#occurrences = occurrences;
    this.#ids = ids;
  }

  update(id: string, { payload, ...changes }: ScheduleChanges): Promise<boolean> {
    return this.#change(id, (schedule) => {
      if (!isRepeating(schedule.options) || isFinal(schedule.state)) return undefined;
      const now = this.#engine.clock.now();
      const definition: Definition = {
        name: schedule.name,
        payload: payload === undefined ? schedule.payload : this.#engine.codec.encode(payload),
        options: withoutUndefined({ ...schedule.options, ...otherKindOf(changes), ...changes }),
      };
      checkScheduleOptions(definition.options, now);
      return redefined(schedule, definition, this.#ids.next(), now);
    });
  }

  /** Paused already: what a lost reply may have left waiting goes. */
  pause(id: string): Promise<boolean> {
    return this.#change(id, ({ state }) => (isFinal(state) ? undefined : { state: 'paused' }));
  }

  resume(id: string): Promise<boolean> {
    return this.#change(id, (schedule) => {
      if (isFinal(schedule.state)) return undefined;
      return schedule.state === 'paused' ? resumed(schedule, this.#ids.next(), this.#engine.clock.now()) : 'keep';
    });
  }

  async cancel(id: string): Promise<ScheduleCancelOutcome> {
    const { records, queue } = this.#engine;
    let schedule = await records.read(id);
    while (schedule !== undefined) {
      // Cancelled already: what a lost reply may have left undone is done now.
      if (isFinal(schedule.state) && schedule.state !== 'cancelled') return 'finished';
      const moved = schedule.state === 'cancelled' ? undefined : await records.move(schedule, { state: 'cancelled' });
      if (moved?.isMoved === false) {
        schedule = moved.schedule;
        continue;
      }
      const waiting = hasBegun(schedule) ? [] : [schedule.current];
      const outcomes = await Promise.all([...schedule.running, ...waiting].map((one) => queue.cancel(messageIdOf(id, one))));
      return this.#answer(schedule, outcomes.slice(0, schedule.running.length));
    }
    return 'not-found';
  }

  /** After a change: publishes what is promised now, then takes back what was before. What the queue refuses takes back the change. */
  async install(schedule: Schedule, before: Schedule | undefined): Promise<void> {
    if (schedule.state === 'scheduled' && !hasBegun(schedule)) {
      try {
        await this.#occurrences.publishIfStanding(schedule);
      } catch (error) {
        if (!isUnreachable(error)) await this.#takeBack(schedule, before);
        throw error;
      }
    }
    if (before !== undefined && !hasBegun(before)) await this.#occurrences.withdraw(before);
  }

  /** False: there is nothing, or it is not to be changed. */
  async #change(id: string, decide: (schedule: Schedule) => Move | 'keep' | undefined): Promise<boolean> {
    const { records } = this.#engine;
    let schedule = await records.read(id);
    while (schedule !== undefined) {
      const move = decide(schedule);
      if (move === undefined) return false;
      if (move === 'keep') {
        await this.#occurrences.mend(schedule);
        return true;
      }
      const moved = await records.move(schedule, move);
      if (moved.isMoved) {
        await this.install(moved.schedule, schedule);
        return true;
      }
      schedule = moved.schedule;
    }
    return false;
  }

  async #takeBack(schedule: Schedule, before: Schedule | undefined): Promise<void> {
    if (before === undefined) await this.#engine.records.forget(schedule);
    else {
      const { id: _, revision: __, ...content } = before;
      await this.#engine.records.move(schedule, content);
    }
  }

  /** The record decides whether a run had begun; the queue tells whether it still runs. */
  #answer(schedule: Schedule, running: readonly string[]): ScheduleCancelOutcome {
    if (running.includes('aborting')) return 'aborting';
    if (schedule.running.length === 0 || isRepeating(schedule.options) || running.includes('removed')) {
      return schedule.state === 'cancelled' && schedule.last?.outcome === 'cancelled' ? 'finished' : 'cancelled';
    }
    // The one run of a one-off ended between the two: what it did stands.
    return 'finished';
  }
}

/** A period takes the place of a pattern, and a pattern that of a period. */
function otherKindOf({ every, cron }: ScheduleChanges): ScheduleChanges {
  return { ...(every !== undefined && { cron: undefined, timezone: undefined }), ...(cron !== undefined && { every: undefined }) };
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
