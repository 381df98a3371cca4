import { CapacityError, ClosedError, ConfigError, ConnectionError, type QuaysideErrorOptions, TimeoutError } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import { IdMaker } from '../message/ids.js';
import type { AnyMessages, TypeOf } from '../message/message.js';
import { checkName } from '../message/names.js';
import type { Handler } from '../ports/handler.js';
import type { PageOptions, Queue, Registration, StopOptions, StopReport } from '../ports/queue.js';
import type { Page } from '../ports/queue-store.js';
import type { RecordStore } from '../ports/records.js';
import type {
  ScheduleCancelOutcome,
  ScheduleOptions,
  Scheduler,
  SchedulerOptions,
  SchedulerStats,
  ScheduleView,
} from '../ports/scheduler.js';
import { RepairPass } from '../records/repair-pass.js';
import { type Clock, systemClock } from '../time/clock.js';
import { isFinal, keepEndedMs, Occurrences, occurrenceOf } from './occurrences.js';
import { type Definition, isSameDefinition, occurrenceId, readSchedule, type Schedule, toWrite } from './record.js';
import { toRule } from './rule.js';
import { resolveSchedulerSettings, type SchedulerSettings } from './settings.js';
import { toScheduleView } from './view.js';

export interface SchedulerParts {
  /** The scheduler's own: nothing else publishes to it, and the scheduler starts and stops it. Its concurrency is the scheduler's `workers`. */
  readonly queue: Queue;
  /** Records of schedules. */
  readonly records: RecordStore;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  /** The queue's. Default: strict JSON. */
  readonly codec?: Codec;
  readonly options?: SchedulerOptions;
}

/** Leaves room in a message's id for the time of an occurrence. */
const longestId = 180;
/** How old the count of waiting tasks may be that `bufferSize` is held against. */
const countHoldsMs = 100;

/** A scheduler over a queue and records. @throws ConfigError */
export function createScheduler<M extends object = AnyMessages>(parts: SchedulerParts): Scheduler<M> {
  // The engine knows no payload type: what `M` promises is the caller's.
  return new EngineScheduler(parts) as unknown as Scheduler<M>;
}

class EngineScheduler implements Scheduler {
  readonly #queue: Queue;
  readonly #records: RecordStore;
  readonly #clock: Clock;
  readonly #codec: Codec;
  readonly #settings: SchedulerSettings;
  readonly #ids: IdMaker;
  readonly #occurrences: Occurrences;
  readonly #repair: RepairPass;
  #waiting = { count: 0, at: Number.NEGATIVE_INFINITY };
  #isStopped = false;

  constructor(parts: SchedulerParts) {
    const { queue, records, clock = systemClock, codec = jsonCodec } = parts;
    const logger = (parts.logger ?? silentLogger).child({ component: 'scheduler' });
    this.#queue = queue;
    this.#records = records;
    this.#clock = clock;
    this.#codec = codec;
    this.#settings = resolveSchedulerSettings(parts.options);
    this.#ids = new IdMaker(clock);
    this.#occurrences = new Occurrences({ queue, records, clock, codec, logger });
    queue.use({ beforeSettle: (head, ending) => this.#occurrences.end(head, ending) });
    this.#repair = new RepairPass({
      records,
      states: ['scheduled'],
      repair: (record) => this.#occurrences.repair(readSchedule(record)),
      clock,
      logger,
      intervalMs: this.#settings.repairIntervalMs,
    });
  }

  process<T extends TypeOf<AnyMessages>>(name: T, handler: Handler<AnyMessages, T>): Registration {
    return this.#queue.process<T>(name, async (message, context) => {
      const occurrence = occurrenceOf(message.headers);
      if (occurrence !== undefined && !(await this.#occurrences.begin(occurrence))) return undefined;
      return handler(message, context);
    });
  }

  async schedule(name: string, payload: unknown, options: ScheduleOptions): Promise<string> {
    this.#checkOpen();
    checkName('schedule name', name);
    const id = checkId(options.id ?? this.#ids.next());
    this.#checkDelaysAllowed(options);
    const { id: _, onConflict, ...kept } = options;
    const definition: Definition = { name, payload: this.#codec.encode(payload), options: kept };
    const times = this.#firstTimes(kept);
    await this.#checkRoom();
    const [outcome] = await this.#records.write([toWrite(id, 'absent', definition, times)]);
    if (outcome?.status === 'written') await this.#publishFirst(id, definition, times.next);
    else await this.#meet(id, definition, times, onConflict ?? (isRepeating(kept) ? 'replace' : 'reject'));
    return id;
  }

  async cancel(id: string): Promise<ScheduleCancelOutcome> {
    this.#checkOpen();
    checkId(id);
    const schedule = await this.#occurrences.read(id);
    if (schedule === undefined) return 'not-found';
    const [outcome] = await this.#records.write([
      { key: id, when: { state: ['scheduled', 'paused'] }, state: 'cancelled', expiresInMs: keepEndedMs },
    ]);
    if (outcome?.status !== 'written') return 'finished';
    const waiting = await this.#queue.cancel(occurrenceId(id, schedule.next));
    const running = schedule.started === undefined ? undefined : await this.#queue.cancel(occurrenceId(id, schedule.started));
    if (waiting === 'aborting' || running === 'aborting') return 'aborting';
    // The one run of a one-off ended between the two: what it did stands, whatever its record says by now.
    return waiting === 'removed' || schedule.rule.isRepeating || schedule.state === 'paused' ? 'cancelled' : 'finished';
  }

  async get(id: string): Promise<ScheduleView | undefined> {
    this.#checkOpen();
    checkId(id);
    const schedule = await this.#occurrences.read(id);
    return schedule === undefined ? undefined : this.#view(schedule);
  }

  async list({ cursor, limit = 100 }: PageOptions = {}): Promise<Page<ScheduleView>> {
    this.#checkOpen();
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new ConfigError('the page options are wrong', [{ path: 'options.limit', message: 'allowed is a whole number from 1 to 1000' }]);
    }
    const page = await this.#records.list(undefined, cursor, limit);
    return { items: await Promise.all(page.items.map((record) => this.#view(readSchedule(record)))), cursor: page.cursor };
  }

  async update(id: string, changes: Partial<ScheduleOptions> & { readonly payload?: unknown }): Promise<boolean> {
    this.#checkOpen();
    checkId(id);
    const { payload, id: _, onConflict: __, ...options } = changes;
    return this.#change(id, (schedule) => {
      if (!schedule.rule.isRepeating || isFinal(schedule)) return undefined;
      const isNewKind = options.every !== undefined || options.cron !== undefined;
      const base = isNewKind ? { ...schedule.options, every: undefined, cron: undefined, timezone: undefined } : schedule.options;
      const definition = {
        name: schedule.name,
        payload: payload === undefined ? schedule.payload : this.#codec.encode(payload),
        options: withoutUndefined({ ...base, ...options }),
      };
      return { definition, times: this.#firstTimes(definition.options), state: schedule.state === 'paused' ? 'paused' : 'scheduled' };
    });
  }

  async pause(id: string): Promise<boolean> {
    this.#checkOpen();
    checkId(id);
    const schedule = await this.#occurrences.read(id);
    const [outcome] = await this.#records.write([{ key: id, when: { state: ['scheduled'] }, state: 'paused' }]);
    if (schedule === undefined || outcome?.status !== 'written') return false;
    await this.#queue.remove(occurrenceId(id, schedule.next));
    return true;
  }

  async resume(id: string): Promise<boolean> {
    this.#checkOpen();
    checkId(id);
    return this.#change(id, (schedule) => {
      if (schedule.state !== 'paused') return undefined;
      const next = schedule.rule.isRepeating ? schedule.rule.after(this.#clock.now() - 1) : schedule.next;
      return { definition: schedule, times: { anchor: schedule.anchor, next: next ?? schedule.next }, state: 'scheduled' };
    });
  }

  preview(options: ScheduleOptions, count: number): readonly Date[] {
    const rule = toRule(options, this.#clock.now());
    const dates: Date[] = [];
    let time: number | undefined = rule.isRepeating ? this.#clock.now() - 1 : Number.NEGATIVE_INFINITY;
    while (dates.length < count) {
      time = rule.after(time);
      if (time === undefined) break;
      dates.push(new Date(time));
    }
    return dates;
  }

  async stats(): Promise<SchedulerStats> {
    this.#checkOpen();
    const queue = await this.#queue.stats();
    return {
      total_tasks: queue.total_published,
      completed_tasks: queue.total_processed,
      failed_tasks: queue.total_dead_letter + queue.total_discarded,
      active_tasks: queue.processing_count,
      scheduled_tasks: queue.delayed_count + queue.queue_length,
      cancelled_tasks: queue.total_cancelled,
    };
  }

  async start(): Promise<void> {
    this.#checkOpen();
    await this.#queue.start();
    this.#repair.start();
  }

  async stopWorkers(options?: StopOptions): Promise<StopReport> {
    this.#repair.stop();
    return this.#queue.stopWorkers(options);
  }

  async stop(options?: StopOptions): Promise<StopReport> {
    this.#repair.stop();
    const report = await this.#queue.stop(options);
    this.#isStopped = true;
    return report;
  }

  /** The id is taken. */
  async #meet(id: string, definition: Definition, times: Times, onConflict: 'replace' | 'reject' | 'ignore'): Promise<void> {
    if (onConflict === 'ignore') return;
    if (onConflict === 'reject') {
      throw new ConfigError(`schedule '${id}' exists`, [
        { path: 'options.id', message: 'is taken: cancel it first, or say onConflict: replace' },
      ]);
    }
    const isThere = await this.#change(id, (schedule) => {
      // Any number of processes may say the same at start: the schedule stays as it is, its next occurrence too.
      if (schedule.rule.isRepeating && !isFinal(schedule) && isSameDefinition(schedule, definition)) return 'keep';
      return { definition, times, state: 'scheduled' };
    });
    // It ended and was forgotten between the two looks.
    if (!isThere) await this.schedule(definition.name, this.#codec.decode(definition.payload), { ...definition.options, id, onConflict });
  }

  /** Puts another definition in the place of what stands, by compare-and-set. False: there is nothing, or it is not to be changed. */
  async #change(id: string, to: (schedule: Schedule) => Change | 'keep' | undefined): Promise<boolean> {
    for (;;) {
      const schedule = await this.#occurrences.read(id);
      const change = schedule && to(schedule);
      if (schedule === undefined || change === undefined) return false;
      if (change === 'keep') {
        await this.#occurrences.repair(schedule);
        return true;
      }
      const { definition, times, state } = change;
      // A running occurrence ends by the old rule and publishes its successor by the new one.
      const isRunning = schedule.rule.isRepeating && !isFinal(schedule) && (await this.#isRunning(id, schedule.next));
      const kept = isRunning ? { anchor: times.anchor, next: schedule.next } : times;
      const [outcome] = await this.#records.write([toWrite(id, { revision: schedule.revision }, definition, kept, state)]);
      if (outcome?.status !== 'written') continue;
      if (isRunning) return true;
      await this.#queue.remove(occurrenceId(id, schedule.next));
      if (state === 'scheduled') await this.#publishFirst(id, definition, kept.next);
      return true;
    }
  }

  async #isRunning(id: string, due: number): Promise<boolean> {
    return (await this.#queue.find(occurrenceId(id, due)))?.state === 'active';
  }

  /** The record stands already: what could not be published the repair pass will publish, so the outcome is unknown; what is refused goes. */
  async #publishFirst(id: string, definition: Definition, next: number): Promise<void> {
    try {
      await this.#occurrences.publish({ id, ...definition }, next);
    } catch (error) {
      const options: QuaysideErrorOptions = { cause: error, outcome: 'unknown', ids: [id] };
      if (error instanceof ConnectionError) throw new ConnectionError(`schedule '${id}' may have been stored: ${error.message}`, options);
      if (error instanceof TimeoutError) throw new TimeoutError(`schedule '${id}' may have been stored: ${error.message}`, options);
      await this.#records.write([{ key: id, remove: true }]);
      throw error;
    }
  }

  async #view(schedule: Schedule): Promise<ScheduleView> {
    const isOpen = !isFinal(schedule);
    const dues = isOpen ? [schedule.next, ...(schedule.started === undefined ? [] : [schedule.started])] : [];
    const running = await Promise.all(dues.map((due) => this.#isRunning(schedule.id, due)));
    return toScheduleView(schedule, this.#codec.decode(schedule.payload), running.includes(true), running[0] === true);
  }

  #firstTimes(options: ScheduleOptions): Times {
    const anchor = this.#clock.now();
    const rule = toRule(options, anchor);
    const next = rule.after(rule.isRepeating ? anchor - 1 : Number.NEGATIVE_INFINITY);
    if (next === undefined) throw new ConfigError('the schedule is wrong', [{ path: 'options', message: 'it would never run' }]);
    return { anchor, next };
  }

  #checkDelaysAllowed(options: ScheduleOptions): void {
    if (this.#settings.enableDelayedTasks || isRepeating(options)) return;
    throw new ConfigError('delayed tasks are not enabled', [
      { path: options.delay === undefined ? 'options.at' : 'options.delay', message: 'is refused: enable_delayed_tasks is false' },
    ]);
  }

  /** @throws CapacityError */
  async #checkRoom(): Promise<void> {
    const now = this.#clock.monotonic();
    if (now - this.#waiting.at > countHoldsMs) this.#waiting = { count: (await this.#queue.stats()).queue_length, at: now };
    if (this.#waiting.count < this.#settings.bufferSize) return;
    throw new CapacityError(`${this.#waiting.count} tasks are due and wait; buffer_size allows ${this.#settings.bufferSize}`, {
      outcome: 'not-published',
    });
  }

  #checkOpen(): void {
    if (this.#isStopped) throw new ClosedError('the scheduler');
  }
}

interface Times {
  readonly anchor: number;
  readonly next: number;
}

interface Change {
  readonly definition: Definition;
  readonly times: Times;
  readonly state: 'scheduled' | 'paused';
}

function isRepeating(options: ScheduleOptions): boolean {
  return options.every !== undefined || options.cron !== undefined;
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function checkId(id: string): string {
  checkName('schedule id', id);
  if (id.length <= longestId) return id;
  throw new ConfigError('the schedule is wrong', [
    { path: 'options.id', message: `has ${id.length} characters; allowed are ${longestId}` },
  ]);
}
