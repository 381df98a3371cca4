import { CapacityError, ConfigError, ConnectionError, QuaysideError, type QuaysideErrorOptions, TimeoutError } from '../errors.js';
import type { IdMaker } from '../message/ids.js';
import type { ScheduleOptions } from '../ports/scheduler.js';
import { isPassing, isUnreachable, patiently } from '../time/patience.js';
import type { Changes } from './changes.js';
import { created, redefined } from './moves.js';
import type { Occurrences, SchedulerEngine } from './occurrences.js';
import { neverRuns } from './options.js';
import { type Definition, isFinal, isSameDefinition, type Schedule } from './record.js';
import type { Room } from './room.js';
import { isRepeating, type Rule } from './rule.js';
import type { Moved } from './schedule-records.js';
import { UnsureSchedules } from './unsure.js';

export interface Wanted {
  readonly id: string;
  readonly definition: Definition;
  readonly rule: Rule;
  /** When it was asked for, in milliseconds since the epoch: from there `delay` and `every` count, however often it is tried. */
  readonly now: number;
  readonly onConflict: NonNullable<ScheduleOptions['onConflict']>;
}

/** One call of `schedule`. */
interface Call extends Wanted {
  readonly edition: string;
  /** What stood before this call changed it. */
  before?: Schedule;
  /** A write was sent, and it is not known that it did not arrive. */
  mayBeThere: boolean;
}

/** For so long a call tries again where the backend can't be reached. */
const patienceMs = 5_000;

/** Puts definitions under ids. */
export class Definitions {
  readonly #engine: SchedulerEngine;
  readonly #occurrences: Occurrences;
  readonly #changes: Changes;
  readonly #room: Room;
  readonly #ids: IdMaker;
  readonly #unsure = new UnsureSchedules();

  constructor(engine: SchedulerEngine, occurrences: Occurrences, changes: Changes, room: Room, ids: IdMaker) {
    this.#engine = engine;
    this.#occurrences = occurrences;
    this.#changes = changes;
    this.#room = room;
    this.#ids = ids;
  }

  /** Rides out a short fault of the backend. What can't be found out in time is rejected as `unknown`, and a second call with the id goes on from there. */
  async define(wanted: Wanted): Promise<void> {
    const { clock } = this.#engine;
    const unsure = this.#unsure.find(wanted.id, wanted.definition);
    const call: Call = { ...wanted, edition: unsure ?? this.#ids.next(), mayBeThere: unsure !== undefined };
    const isDue = !wanted.rule.isRepeating && wanted.rule.after(wanted.now) === undefined;
    try {
      await this.#room.use(isDue, () => {
        const patience = { clock, until: clock.monotonic() + patienceMs, isWorthATry: isUnreachable };
        return patiently(patience, () => this.#tryOnce(call));
      });
      this.#unsure.settle(call.id);
    } catch (error) {
      if (isUnreachable(error) && call.mayBeThere) this.#unsure.keep(call.id, call.definition, call.edition);
      throw describe(error, call);
    }
  }

  async #tryOnce(call: Call): Promise<void> {
    const { records } = this.#engine;
    const { id, definition, edition, rule, now } = call;
    const content = created(definition, edition, rule, now);
    let moved: Moved =
      content === undefined
        ? { isMoved: false, schedule: await records.read(id) }
        : await this.#write(call, () => records.create(id, content));
    while (!moved.isMoved) {
      const standing: Schedule | undefined = moved.schedule;
      if (standing === undefined) {
        if (content === undefined) throw neverRuns();
        // It ended and was forgotten between the two looks.
        return this.#tryOnce(call);
      }
      if (standing.edition === edition) return this.#changes.install(standing, call.before);
      if (this.#isSettled(call, standing)) return this.#occurrences.mend(standing);
      call.before = standing;
      const move = redefined(standing, definition, edition, now);
      moved = await this.#write(call, () => records.move(standing, move));
    }
    await this.#changes.install(moved.schedule, call.before);
  }

  /** True: what stands is left as it is. @throws ConfigError where the id is taken, and that was to be refused */
  #isSettled({ definition, onConflict }: Call, standing: Schedule): boolean {
    if (standing.state === 'cancelled') return false;
    if (onConflict === 'ignore') return true;
    if (onConflict === 'reject') {
      const message = 'is taken: cancel it first, give another id, or say onConflict: replace';
      throw new ConfigError(`schedule '${standing.id}' exists`, [{ path: 'options.id', message }]);
    }
    // Any number of processes may say the same at start: the schedule stays as it is, its next occurrence too.
    const isLasting = isRepeating(definition.options) || definition.options.at !== undefined;
    return isLasting && !isFinal(standing.state) && isSameDefinition(standing, definition);
  }

  async #write(call: Call, write: () => Promise<Moved>): Promise<Moved> {
    try {
      const moved = await write();
      if (moved.isMoved) call.mayBeThere = true;
      return moved;
    } catch (error) {
      if (!(error instanceof QuaysideError && error.outcome === 'not-published')) call.mayBeThere = true;
      throw error;
    }
  }
}

function describe(error: unknown, { id, mayBeThere }: Call): unknown {
  if (!isPassing(error) || !(error instanceof Error)) return error;
  const options: QuaysideErrorOptions = {
    cause: error,
    outcome: mayBeThere && isUnreachable(error) ? 'unknown' : 'not-published',
    ids: [id],
  };
  const message = `schedule '${id}': ${error.message}`;
  if (error instanceof CapacityError) return new CapacityError(message, options);
  return error instanceof TimeoutError ? new TimeoutError(message, options) : new ConnectionError(message, options);
}
