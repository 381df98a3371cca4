/** What the suite must notice in a scheduler: the catalogue's table, and what the rows were tried with besides. */
import {
  type AnyMessages,
  createScheduler,
  type Middleware,
  type PublishOptions,
  type Queue,
  type RecordStore,
  type ScheduleOptions,
  type Scheduler,
  type SchedulerParts,
} from '@quayside/core';
import type { PlantedBug } from './bug.js';

/** Changes what a scheduler is made of, and what was made. */
interface Spoiling {
  readonly parts?: (parts: SchedulerParts) => SchedulerParts;
  readonly scheduler?: (scheduler: Scheduler) => void;
}

function inScheduler(name: string, { parts: spoilParts, scheduler: spoil }: Spoiling, ...caughtBy: readonly string[]): PlantedBug {
  return {
    name,
    caughtBy,
    plant(harness) {
      const create = harness.engines?.createScheduler ?? createScheduler;
      const spoiled = <M extends object = AnyMessages>(parts: SchedulerParts) => {
        const scheduler = create<M>(spoilParts?.(parts) ?? parts);
        spoil?.(scheduler as unknown as Scheduler);
        return scheduler;
      };
      return { ...harness, engines: { ...harness.engines, createScheduler: spoiled } };
    },
  };
}

/** Changes the queue under a scheduler, which is its own. */
function withQueue(spoil: (queue: Queue) => void): Spoiling {
  return {
    parts(parts) {
      spoil(parts.queue);
      return parts;
    },
  };
}

function publishingWith(change: (options: PublishOptions) => PublishOptions): Spoiling {
  return withQueue((queue) => {
    const publish = queue.publish.bind(queue);
    queue.publish = (type, payload, options = {}) => publish(type, payload, change(options));
  });
}

function withMiddleware(change: (middleware: Middleware) => Middleware): Spoiling {
  return withQueue((queue) => {
    const use = queue.use.bind(queue);
    queue.use = (middleware) => use(change(middleware));
  });
}

function schedulingWith(change: (options: ScheduleOptions) => ScheduleOptions): Spoiling {
  return {
    scheduler(scheduler) {
      const schedule = scheduler.schedule.bind(scheduler);
      const preview = scheduler.preview.bind(scheduler);
      scheduler.schedule = (name, payload, options) => schedule(name, payload, change(options));
      scheduler.preview = (options, count) => preview(change(options), count);
    },
  };
}

/** What follows a run is seen to when it is settled, if there is still somebody to see to it. */
function seesToTheNextAfterwards(queue: Queue): void {
  const use = queue.use.bind(queue);
  queue.use = ({ beforeSettle, ...middleware }) => {
    queue.on('settled', (message, ending) => {
      Promise.resolve(beforeSettle?.(message, ending)).catch(() => undefined);
    });
    return use(middleware);
  };
}

/** Each process has its own message for an occurrence, and asks nobody whether it has run. */
function eachForItself(): Spoiling {
  let processes = 0;
  return withQueue((queue) => {
    const suffix = `:${processes++}`;
    const publish = queue.publish.bind(queue);
    queue.publish = (type, payload, options) => publish(type, payload, { ...options, id: `${options?.id}${suffix}` });
    const use = queue.use.bind(queue);
    queue.use = (middleware) => use({ ...middleware, process: undefined });
  });
}

/** A fixed minute as a range with a step: croner takes that for an interval, which goes on by real time, and skips a gap. */
function asInterval({ cron, ...options }: ScheduleOptions): ScheduleOptions {
  return cron === undefined ? options : { ...options, cron: cron.replace(/^(\d+) (\d+) /, '$1-$1/1 $2 ') };
}

/** A cancel that no record hears of. */
function forgetsCancels(records: RecordStore): RecordStore {
  return {
    read: (keys) => records.read(keys),
    list: (state, cursor, limit) => records.list(state, cursor, limit),
    write: async (writes) =>
      (await Promise.all(
        writes.map(async (write) => {
          if ('remove' in write || write.state !== 'cancelled') return (await records.write([write]))[0];
          return { status: 'written', revision: 0 } as const;
        }),
      )) as Awaited<ReturnType<RecordStore['write']>>,
  };
}

/** A replaced schedule begins anew, as if there had been none. */
function replacesByCancelling(scheduler: Scheduler): void {
  const schedule = scheduler.schedule.bind(scheduler);
  scheduler.schedule = async (name, payload, options) => {
    if (options.id !== undefined && options.every !== undefined) await scheduler.cancel(options.id).catch(() => undefined);
    return schedule(name, payload, options);
  };
}

export const schedulerBugs: readonly PlantedBug[] = [
  inScheduler('an occurrence run by two schedulers', eachForItself(), 'S-08'),
  inScheduler('next occurrence lost on a crash', withQueue(seesToTheNextAfterwards), 'S-17'),
  inScheduler(
    'next occurrence doubled on redelivery',
    publishingWith((options) => ({ ...options, id: undefined })),
    'S-08',
    'S-20',
  ),
  inScheduler('DST gap skipped', schedulingWith(asInterval), 'S-03'),
  inScheduler(
    'a task early by 100 ms',
    publishingWith((options) => ({ ...options, delay: Math.max(0, Number(options.delay) - 100) })),
    'S-01',
  ),
  inScheduler(
    'a run overlaps itself unasked',
    schedulingWith((options) => (options.every === undefined ? options : { ...options, overlap: true })),
    'S-02',
  ),
  inScheduler(
    'priority lost on the way to the queue',
    publishingWith((options) => ({ ...options, priority: 'normal' })),
    'S-04',
  ),
  inScheduler(
    'timeout ignored',
    publishingWith((options) => ({ ...options, timeout: undefined })),
    'S-05',
  ),
  inScheduler(
    'a cancel that its record does not hear of',
    { parts: (parts) => ({ ...parts, records: forgetsCancels(parts.records) }) },
    'S-06',
    'S-16',
  ),
  inScheduler('a replaced schedule loses its phase', { scheduler: replacesByCancelling }, 'S-07', 'S-20'),
  inScheduler(
    'misfire ignored',
    schedulingWith(({ misfire: _, ...options }) => options),
    'S-09',
  ),
  inScheduler(
    'runs what its schedule withdrew',
    withMiddleware((middleware) => ({ ...middleware, process: undefined })),
    'S-06',
    'S-12',
  ),
  inScheduler(
    'no repair pass',
    { parts: (parts) => ({ ...parts, options: { ...parts.options, repairInterval: '365d' } }) },
    'S-17',
    'S-13',
  ),
];
