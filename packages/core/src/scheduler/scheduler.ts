import { readGrace } from '../call-options.js';
import { ClosedError, ConfigError, quote, TimeoutError } from '../errors.js';
import { Listeners } from '../listeners.js';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import { IdMaker } from '../message/ids.js';
import type { AnyMessages, TypeOf } from '../message/message.js';
import { checkName } from '../message/names.js';
import type { Handler } from '../ports/handler.js';
import type { PageOptions, Queue, Registration, StopOptions, StopReport } from '../ports/queue.js';
import type { Page } from '../ports/queue-store.js';
import type { RecordStore, StoredRecord } from '../ports/records.js';
import type {
  ScheduleCancelOutcome,
  ScheduleChanges,
  ScheduleOptions,
  Scheduler,
  SchedulerEvents,
  SchedulerOptions,
  SchedulerStats,
  ScheduleView,
} from '../ports/scheduler.js';
import { RepairPass } from '../records/repair-pass.js';
import { type Clock, systemClock } from '../time/clock.js';
import { withDeadline } from '../time/deadline.js';
import { Changes } from './changes.js';
import { Definitions } from './definitions.js';
import { longestScheduleId } from './occurrence.js';
import { Occurrences, type SchedulerEngine } from './occurrences.js';
import { checkScheduleOptions, readScheduleOptions } from './options.js';
import { readSchedule } from './record.js';
import { Room } from './room.js';
import { isRepeating } from './rule.js';
import { Runs } from './runs.js';
import { ScheduleRecords } from './schedule-records.js';
import { resolveSchedulerSettings, type SchedulerSettings } from './settings.js';
import { ScheduleViews } from './views.js';

export interface SchedulerParts {
  /** The scheduler's own, made with `schedulerQueueOptions`: nothing else publishes to it, and the scheduler starts and stops it. */
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

/** Of every call, however many steps it takes. */
const callBoundMs = 10_000;
const longestPreview = 1_000;

/** A scheduler over a queue and records. @throws ConfigError */
export function createScheduler<M extends object = AnyMessages>(parts: SchedulerParts): Scheduler<M> {
  // The engine knows no payload type: what `M` promises is the caller's.
  return new EngineScheduler(parts) as unknown as Scheduler<M>;
}

class EngineScheduler implements Scheduler {
  readonly #engine: SchedulerEngine;
  readonly #settings: SchedulerSettings;
  readonly #ids: IdMaker;
  readonly #occurrences: Occurrences;
  readonly #changes: Changes;
  readonly #definitions: Definitions;
  readonly #views: ScheduleViews;
  readonly #repair: RepairPass;
  #isStopped = false;

  constructor({ queue, records, clock = systemClock, logger: parent = silentLogger, codec = jsonCodec, options }: SchedulerParts) {
    const logger = parent.child({ component: 'scheduler' });
    const events = new Listeners<SchedulerEvents>(logger);
    this.#settings = resolveSchedulerSettings(options);
    const scheduleRecords = new ScheduleRecords(records, clock, this.#settings.statusRetentionMs);
    const engine = { queue, records: scheduleRecords, clock, codec, logger, events };
    this.#engine = engine;
    this.#ids = new IdMaker(clock);
    this.#occurrences = new Occurrences(engine);
    this.#changes = new Changes(engine, this.#occurrences, this.#ids);
    const room = new Room(queue, clock, this.#settings.bufferSize);
    this.#definitions = new Definitions(engine, this.#occurrences, this.#changes, room, this.#ids);
    this.#views = new ScheduleViews(engine);
    new Runs(engine, this.#occurrences).attach();
    queue.on('error', (error) => events.tell('error', error));
    this.#repair = new RepairPass({
      records,
      states: ['scheduled'],
      repair: (record) => this.#mendSoonDue(record),
      clock,
      logger,
      intervalMs: this.#settings.repairIntervalMs,
      onError: (error) => events.tell('error', error as Error),
    });
  }

  process<T extends TypeOf<AnyMessages>>(name: T, handler: Handler<AnyMessages, T>): Registration {
    this.#checkOpen();
    checkName('schedule name', name);
    return this.#engine.queue.process<T>(name, handler);
  }

  async schedule(name: string, payload: unknown, given: ScheduleOptions): Promise<string> {
    this.#checkOpen();
    checkName('schedule name', name);
    const { id: wantedId, onConflict, ...options } = readScheduleOptions(given, 'options');
    const id = wantedId === undefined ? this.#ids.next() : checkId(wantedId);
    const now = this.#engine.clock.now();
    const rule = checkScheduleOptions({ ...options, onConflict }, now);
    this.#checkDelaysAllowed(options);
    const definition = { name, payload: this.#engine.codec.encode(payload), options };
    const wanted = { id, definition, rule, now, onConflict: onConflict ?? (rule.isRepeating ? 'replace' : 'reject') };
    await this.#bounded(() => this.#definitions.define(wanted));
    return id;
  }

  cancel(id: string): Promise<ScheduleCancelOutcome> {
    return this.#about(id, () => this.#changes.cancel(id));
  }

  get(id: string): Promise<ScheduleView | undefined> {
    return this.#about(id, () => this.#views.get(id));
  }

  async list(options?: PageOptions): Promise<Page<ScheduleView>> {
    this.#checkOpen();
    return this.#bounded(() => this.#views.list(options));
  }

  async update(id: string, given: ScheduleChanges): Promise<boolean> {
    const changes = readScheduleOptions(given, 'changes');
    const fixed = (['id', 'onConflict'] as const).filter((name) => name in changes);
    if (fixed.length > 0) {
      const issues = fixed.map((name) => ({ path: `changes.${name}`, message: 'can not be changed' }));
      throw new ConfigError('the changes are wrong', issues);
    }
    return this.#about(id, () => this.#changes.update(id, changes));
  }

  pause(id: string): Promise<boolean> {
    return this.#about(id, () => this.#changes.pause(id));
  }

  resume(id: string): Promise<boolean> {
    return this.#about(id, () => this.#changes.resume(id));
  }

  preview(given: ScheduleOptions, count: number): readonly Date[] {
    const options = readScheduleOptions(given, 'options');
    if (options.id !== undefined) checkId(options.id);
    if (!Number.isInteger(count) || count < 0 || count > longestPreview) {
      const message = `got ${quote(count)}; allowed is a whole number from 0 to ${longestPreview}`;
      throw new ConfigError('no preview', [{ path: 'count', message }]);
    }
    const now = this.#engine.clock.now();
    const rule = checkScheduleOptions(options, now);
    const dates: Date[] = [];
    let time = rule.after(rule.isRepeating ? now - 1 : Number.NEGATIVE_INFINITY);
    for (; time !== undefined && dates.length < count; time = rule.after(time)) dates.push(new Date(time));
    return dates;
  }

  on<E extends keyof SchedulerEvents>(event: E, listener: SchedulerEvents[E]): () => void {
    return this.#engine.events.add(event, listener);
  }

  async stats(): Promise<SchedulerStats> {
    this.#checkOpen();
    const queue = await this.#engine.queue.stats();
    return {
      total_tasks: queue.total_published - queue.total_removed,
      completed_tasks: queue.total_processed,
      failed_tasks: queue.total_dead_letter + queue.total_discarded,
      active_tasks: queue.processing_count,
      scheduled_tasks: queue.delayed_count + queue.queue_length,
      cancelled_tasks: queue.total_cancelled,
    };
  }

  async start(): Promise<void> {
    this.#checkOpen();
    await this.#engine.queue.start();
    this.#repair.start();
  }

  async stopWorkers(options?: StopOptions): Promise<StopReport> {
    const stopping = this.#engine.queue.stopWorkers({ graceMs: readGrace(options) });
    this.#repair.stop();
    return stopping;
  }

  async stop(options?: StopOptions): Promise<StopReport> {
    const stopping = this.#engine.queue.stop({ graceMs: readGrace(options) });
    this.#repair.stop();
    const report = await stopping;
    this.#isStopped = true;
    return report;
  }

  /** What is due later is looked at later. */
  async #mendSoonDue(record: StoredRecord): Promise<void> {
    const schedule = readSchedule(record);
    const { clock } = this.#engine;
    if (schedule.current.due <= clock.now() + 2 * this.#settings.repairIntervalMs) await this.#occurrences.mend(schedule);
  }

  async #about<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    checkId(id);
    return this.#bounded(work);
  }

  #bounded<T>(work: () => Promise<T>): Promise<T> {
    return withDeadline(this.#engine.clock, work(), callBoundMs, () => {
      return new TimeoutError(`not done within ${callBoundMs} ms`, { outcome: 'unknown' });
    });
  }

  #checkDelaysAllowed(options: ScheduleOptions): void {
    if (this.#settings.enableDelayedTasks || isRepeating(options)) return;
    const path = options.delay === undefined ? 'options.at' : 'options.delay';
    throw new ConfigError('delayed tasks are not enabled', [{ path, message: 'is refused: enable_delayed_tasks is false' }]);
  }

  #checkOpen(): void {
    if (this.#isStopped) throw new ClosedError('the scheduler');
  }
}

function checkId(id: string): string {
  checkName('schedule id', id);
  if (id.length <= longestScheduleId) return id;
  const message = `has ${id.length} characters; allowed are ${longestScheduleId}`;
  throw new ConfigError('the schedule is wrong', [{ path: 'options.id', message }]);
}
