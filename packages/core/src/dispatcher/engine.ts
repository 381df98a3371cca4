import { randomBytes } from 'node:crypto';
import { type Logger, silentLogger } from '../logger.js';
import { type Codec, jsonCodec } from '../message/codec.js';
import { IdMaker } from '../message/ids.js';
import type { DispatcherOptions, TaskStatus } from '../ports/dispatcher.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue } from '../ports/queue.js';
import type { RecordStore } from '../ports/records.js';
import { GatheredRecords } from '../records/gathered-records.js';
import { RepairPass } from '../records/repair-pass.js';
import { type Clock, systemClock } from '../time/clock.js';
import { Callbacks } from './callbacks.js';
import { Cancelling } from './cancelling.js';
import { Dispatching } from './dispatching.js';
import { Listening } from './listening.js';
import { Loads } from './loads.js';
import { NoticeSender } from './notices.js';
import { Preparing } from './preparing.js';
import { Redriving } from './redriving.js';
import { TaskRepair } from './repair.js';
import { Routes } from './routes.js';
import { type DispatcherSettings, resolveDispatcherSettings } from './settings.js';
import { openStates } from './states.js';
import { TaskNews } from './task-news.js';
import { toStatus } from './task-record.js';
import { WatchedTasks } from './watched-tasks.js';

export interface DispatcherParts {
  /** A queue by its name. A TaskRunner is attached to each before it starts; the dispatcher starts and stops none. */
  readonly queue: (name: string) => Queue;
  /** Where a task goes that no route matches. Without it that is a NoRouteError. */
  readonly defaultQueue?: string;
  /** Carries notices between workers and dispatchers; nothing else. */
  readonly pubsub: PubSub;
  /** Records of tasks. */
  readonly records: RecordStore;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  /** The queues'. Default: strict JSON. */
  readonly codec?: Codec;
  readonly options?: DispatcherOptions;
}

/** What a dispatcher is made of, each part with a subject of its own. */
export interface DispatcherEngine {
  readonly clock: Clock;
  readonly codec: Codec;
  readonly settings: DispatcherSettings;
  readonly ids: IdMaker;
  readonly routes: Routes;
  readonly preparing: Preparing;
  readonly dispatching: Dispatching;
  readonly cancelling: Cancelling;
  readonly redriving: Redriving;
  readonly repair: RepairPass;
  readonly callbacks: Callbacks;
  readonly watched: WatchedTasks;
  readonly news: TaskNews;
  readonly listening: Listening;
  readonly read: (id: string) => Promise<TaskStatus | undefined>;
}

/** @throws ConfigError */
export function makeEngine(parts: DispatcherParts): DispatcherEngine {
  const { queue, pubsub, clock = systemClock, codec = jsonCodec } = parts;
  const settings = resolveDispatcherSettings(parts.options);
  const { enableRouting, statusRetentionMs: retentionMs, repairIntervalMs: intervalMs } = settings;
  const logger = (parts.logger ?? silentLogger).child({ component: 'dispatcher' });
  const records = new GatheredRecords(parts.records, clock);
  const read = async (id: string) => {
    const record = await records.read(id);
    return record === undefined ? undefined : toStatus(record, codec);
  };
  const ids = new IdMaker(clock);
  const routes = new Routes(parts.defaultQueue, new Loads(clock, async (name) => queue(name).stats()));
  for (const route of parts.options?.routes ?? []) routes.add(route);
  const callbacks = new Callbacks(logger);
  const watched = new WatchedTasks(clock, callbacks);
  const news = new TaskNews({ clock, logger, watched, records, codec });
  /** This process to the workers. */
  const name = randomBytes(9).toString('base64url');
  const listening = new Listening(name, pubsub, news);
  const shared = { queue, records, notices: new NoticeSender(pubsub, clock, logger), clock, logger, retentionMs };
  const cancelling = new Cancelling(shared);
  const repair = new TaskRepair({ ...shared, intervalMs });
  return {
    clock,
    codec,
    settings,
    ids,
    routes,
    preparing: new Preparing({ codec, ids, routes, enableRouting }),
    dispatching: new Dispatching({ ...shared, name, watched, news, listening, cancelling }),
    cancelling,
    redriving: new Redriving({ ...shared, codec }),
    repair: new RepairPass({
      records: parts.records,
      states: openStates,
      repair: (record) => repair.repair(record),
      takeTurn: () => repair.takeTurn(),
      clock,
      logger,
      intervalMs,
    }),
    callbacks,
    watched,
    news,
    listening,
    read,
  };
}
