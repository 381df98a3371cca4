/** Schedules of all kinds, made, cancelled and run by several processes in bad weather. */
import {
  createQueue,
  createScheduler,
  type Message,
  type RecordStore,
  type Scheduler,
  scheduledRunOf,
  schedulerQueueOptions,
  sleep,
} from '@quayside/core';
import { LinedQueueStore, LinedRecords } from '../dispatcher/lined-stores.js';
import { RunRecorder } from '../scheduler/run-recorder.js';
import { unlessLost } from './unless-lost.js';
import type { SimulatedHost, World } from './world.js';

const processes = 3;
const schedules = 8;
const name = 'schedules';
/** A call settles within 10 s, tries again included: what is asked for is due after that, so that none of its times has passed by then. */
const settledAfterMs = 11_000;
/** The repair pass looks soon, or not within a run: whatever `schedule` has confirmed must not need it. */
const repairIntervals = ['5s', '1h'] as const;

/** A schedule as it was asked for, and what its caller knows of it. */
interface Asked {
  readonly id: string;
  /** When its runs are due. */
  readonly dues: readonly number[];
  isMade: 'yes' | 'no' | 'unknown';
  /** Told to be cancelled, before it began. */
  isCancelled: boolean;
  isCancelAsked: boolean;
}

interface Engine extends SimulatedHost {
  readonly scheduler: Scheduler;
}

export function simulateScheduler(world: World): Promise<readonly string[]> {
  return new SchedulerStory(world).play();
}

class SchedulerStory {
  readonly #world: World;
  readonly #asked: Asked[] = [];
  readonly #living: Engine[] = [];
  readonly #seen: RunRecorder;
  readonly #violations: string[] = [];
  readonly #begun: number;
  readonly #messages = new Map<string, string>();
  readonly #repairInterval: (typeof repairIntervals)[number];

  constructor(world: World) {
    this.#world = world;
    this.#seen = new RunRecorder(
      () => world.now,
      async ({ scheduleId, due, attempt, context }) => {
        world.chronicle.write(scheduleId, `run ${due - this.#begun}, attempt ${attempt}`);
        const asked = this.#asked.find(({ id }) => id === scheduleId);
        // One who stood still may start what others have run meanwhile: that is no beginning.
        const isFirst = this.#seen.duesOf(scheduleId).filter((other) => other === due).length === 1;
        if (asked?.isCancelled === true && isFirst) this.#violations.push(`${scheduleId} began after it was cancelled`);
        if (world.now < due) this.#violations.push(`${scheduleId} began ${due - world.now} ms early`);
        if (world.isLucky(0.3)) await sleep(world.scope.time.clock, world.draw(400), context.signal);
      },
    );
    this.#begun = world.now;
    this.#repairInterval = world.pick(repairIntervals);
  }

  async play(): Promise<readonly string[]> {
    const world = this.#world;
    for (let count = 0; count < processes; count++) this.#start();
    const doings = Array.from({ length: schedules }, (_, index) =>
      this.#schedule(`s${index}`).catch((error: unknown) => void this.#violations.push(`s${index}: ${error}`)),
    );
    await world.advance('25s');
    await world.calm();
    await world.scope.settles('2m', Promise.all(doings), 'every call settles');
    const [witness] = this.#living;
    if (witness === undefined) throw new Error('no process lives');
    const isOver = () => this.#isOver(witness.scheduler);
    await world.within('5m', isOver, 'every schedule ends');
    for (const asked of this.#asked) await this.#judge(asked, witness.scheduler);
    const { total_tasks, completed_tasks, failed_tasks, cancelled_tasks } = await witness.scheduler.stats();
    if (this.#isRepaired && total_tasks !== completed_tasks + failed_tasks + cancelled_tasks) {
      this.#violations.push(`${total_tasks} tasks, and ${completed_tasks} + ${failed_tasks} + ${cancelled_tasks} of them ended`);
    }
    return this.#violations;
  }

  get #isRepaired(): boolean {
    return this.#repairInterval !== '1h';
  }

  async #isOver(scheduler: Scheduler): Promise<boolean> {
    for (const { id, isMade } of this.#asked) {
      const view = isMade === 'yes' ? await scheduler.get(id) : undefined;
      if (view?.status === 'scheduled' || view?.status === 'running') return false;
    }
    const { active_tasks, scheduled_tasks } = await scheduler.stats();
    return !this.#isRepaired || active_tasks + scheduled_tasks === 0;
  }

  #start(): Engine {
    const { scope, backend, random } = this.#world;
    const host = this.#world.host('scheduler', () => {
      this.#living.splice(this.#living.indexOf(engine), 1);
      this.#start();
    });
    const [queueStore, recordStore] = [backend.queueStore?.(name), backend.recordStore?.(name)];
    if (queueStore === undefined || recordStore === undefined) throw new Error(`backend '${backend.type}' has no scheduler`);
    const { clock } = scope.time;
    const { logger } = scope;
    const options = { repairInterval: this.#repairInterval, workers: 3 };
    const queue = (scope.harness.engines?.createQueue ?? createQueue)(name, {
      store: new LinedQueueStore(queueStore, host.line),
      clock,
      logger,
      random,
      options: { ...schedulerQueueOptions(options), visibilityTimeout: '1s', maxRetries: 10 },
    });
    const records: RecordStore = new LinedRecords(recordStore, host.line, { add: () => undefined });
    const create = scope.harness.engines?.createScheduler ?? createScheduler;
    const scheduler = this.#world.add(create({ queue, records, clock, logger, options }));
    const engine: Engine = { ...host, scheduler };
    scheduler.process('task', (message, context) => {
      this.#judgeMessage(message);
      return this.#seen.handle(message, context);
    });
    this.#living.push(engine);
    void scheduler.start();
    return engine;
  }

  /** However often a run is handed out, it has one message. */
  #judgeMessage({ id, headers }: Message): void {
    const run = scheduledRunOf(headers);
    const key = `${run?.scheduleId} for ${(run?.due.getTime() ?? 0) - this.#begun}`;
    const before = this.#messages.get(key) ?? id;
    this.#messages.set(key, before);
    if (before !== id) this.#violations.push(`${key} has two messages`);
  }

  /** By any process that lives. One whose fate is not known is scheduled again under its id. */
  async #schedule(id: string): Promise<void> {
    const world = this.#world;
    const { clock } = world.scope.time;
    await sleep(clock, world.draw(3_000));
    const isRepeating = world.isLucky(0.6);
    const periodMs = 200 + world.draw(800);
    const first = world.now + settledAfterMs + world.draw(6_000);
    const count = isRepeating ? 2 + world.draw(6) : 1;
    const dues = Array.from({ length: count }, (_, index) => first + index * periodMs);
    const rule = isRepeating
      ? { every: periodMs, from: new Date(first), until: new Date(dues.at(-1) ?? first), misfire: 'all' as const }
      : { at: new Date(first) };
    const cancelAfterMs = world.isLucky(0.3) ? world.draw(18_000) : undefined;
    const asked: Asked = { id, dues, isMade: 'no', isCancelled: false, isCancelAsked: false };
    this.#asked.push(asked);
    do {
      const onConflict = 'ignore' as const;
      const answer = await this.#ask(({ scheduler }) => scheduler.schedule('task', id, { ...rule, id, onConflict }));
      asked.isMade = answer === undefined ? 'unknown' : 'yes';
    } while (asked.isMade !== 'yes' && world.now + settledAfterMs <= first);
    if (cancelAfterMs === undefined || asked.isMade !== 'yes') return;
    await sleep(clock, cancelAfterMs);
    asked.isCancelAsked = true;
    const outcome = await this.#ask(({ scheduler }) => scheduler.cancel(id));
    world.chronicle.write(id, `cancel ${outcome ?? 'not answered'}`);
    asked.isCancelled = outcome === 'cancelled';
  }

  /** Undefined where no answer came: the process died, or the call was lost. */
  #ask<T>(call: (engine: Engine) => Promise<T>): Promise<T | undefined> {
    const engine = this.#living[this.#world.draw(this.#living.length)];
    if (engine === undefined) throw new Error('no process lives');
    return Promise.race([unlessLost(call(engine), undefined), engine.line.dead]);
  }

  async #judge({ id, dues, isMade, isCancelAsked }: Asked, scheduler: Scheduler): Promise<void> {
    const begun = new Set(this.#seen.duesOf(id));
    for (const due of begun) if (!dues.includes(due)) this.#violations.push(`${id} ran for ${due - this.#begun}, which is no time of it`);
    const view = await scheduler.get(id);
    if (isMade !== 'yes' || isCancelAsked) return;
    for (const due of dues) if (!begun.has(due)) this.#violations.push(`${id} never ran for ${due - this.#begun}`);
    if (view?.status !== 'completed') this.#violations.push(`${id} is ${view?.status}`);
  }
}
