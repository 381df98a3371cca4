/** What a scheduler case is given. */
import {
  type AnyMessages,
  type Backend,
  type Clock,
  createQueue,
  createScheduler,
  type Duration,
  type MessageDefinitions,
  type QueueCapabilities,
  type QueueStore,
  type RecordStore,
  type Scheduler,
  type SchedulerOptions,
  schedulerQueueOptions,
  TestClock,
} from '@quayside/core';
import { CaseContext } from '../case-context.js';
import type { Scope } from '../scope.js';
import { Line } from './line.js';
import { RunRecorder, type RunWork } from './run-recorder.js';

export interface SchedulerSetup extends SchedulerOptions {
  /** Default: the case's schedules. */
  readonly name?: string;
  /** Of the process, where it is not the case's. */
  readonly clock?: Clock;
  readonly definitions?: MessageDefinitions<AnyMessages>;
  /** Of the scheduler's queue. Default 1 s: a crash is over soon. */
  readonly visibilityTimeout?: Duration;
}

const defaultName = 'schedules';
const defaultLease: Duration = '1s';

/** For an engine to stop at the end of a case, by its clock: `stop` settles within its grace plus one second. */
const stopBound: Duration = '2s';

/** One process of the application: schedulers over one connection set. */
export class SchedulerProcess extends CaseContext {
  readonly backend: Backend;
  protected readonly lines: Map<object, Line>;

  constructor(scope: Scope, backend: Backend, lines = new Map<object, Line>()) {
    super(scope);
    this.backend = backend;
    this.lines = lines;
  }

  /** A scheduler over the backend's stores, not yet started. It is stopped at the end of the case. */
  scheduler(setup: SchedulerSetup = {}): Scheduler {
    const { time, random, logger, harness } = this.scope;
    const { name = defaultName, clock = time.clock, definitions, visibilityTimeout = defaultLease, ...options } = setup;
    const line = new Line(time);
    const queue = (harness.engines?.createQueue ?? createQueue)(name, {
      store: line.queueStore(this.queueStore(name)),
      clock,
      logger,
      random,
      definitions,
      options: { ...schedulerQueueOptions(options), visibilityTimeout },
    });
    const records = line.recordStore(this.recordStore(name));
    const scheduler = (harness.engines?.createScheduler ?? createScheduler)({ queue, records, clock, logger, options });
    this.lines.set(scheduler, line);
    this.scope.onEnd(async () => {
      line.close();
      await Promise.all([scheduler.stop({ graceMs: 0 }), harness.clock === 'test' ? time.advance(stopBound) : undefined]);
    });
    return scheduler;
  }

  /** The backend's own faces, where a case must speak to them. */
  queueStore(name = defaultName): QueueStore {
    const store = this.backend.queueStore?.(name);
    if (store === undefined) throw new Error(`backend '${this.backend.type}' has no queue store`);
    return store;
  }

  recordStore(name = defaultName): RecordStore {
    const store = this.backend.recordStore?.(name);
    if (store === undefined) throw new Error(`backend '${this.backend.type}' has no record store`);
    return store;
  }
}

export class SchedulerContext extends SchedulerProcess {
  static async open(scope: Scope): Promise<SchedulerContext> {
    return new SchedulerContext(scope, await scope.open());
  }

  /** Another process: connections of its own where the backend is `shared`, else other engines over the same backend. */
  async peer(): Promise<SchedulerProcess> {
    const backend = this.capabilities.shared ? await this.scope.open() : this.backend;
    return new SchedulerProcess(this.scope, backend, this.lines);
  }

  get capabilities(): QueueCapabilities {
    return this.queueStore().capabilities;
  }

  /** The line between this scheduler and its backend. */
  line(scheduler: Scheduler): Line {
    const line = this.lines.get(scheduler);
    if (line === undefined) throw new Error('this scheduler was not made by the context');
    return line;
  }

  /** The process of this scheduler vanishes without a word. */
  crash(scheduler: Scheduler): void {
    this.line(scheduler).silence();
  }

  /** A handler that writes down which runs it was given. */
  recorder(work?: RunWork): RunRecorder {
    return new RunRecorder(() => this.now(), work);
  }

  /** Sets the machine's clock (need `testClock`), as an operator would: no time passes. */
  jump(ms: number): void {
    const { clock } = this.scope.time;
    if (!(clock instanceof TestClock)) throw new Error("a case that sets the clock needs 'testClock'");
    clock.jump(ms);
  }

  /** Sets the machine's clock to a date (need `testClock`). */
  jumpTo(date: string): void {
    this.jump(Date.parse(date) - this.now());
  }

  /** For a handler that works so long, by the case's clock. */
  work(ms: number): Promise<void> {
    return new Promise((resolve) => void this.scope.time.clock.setTimer(resolve, ms));
  }
}
