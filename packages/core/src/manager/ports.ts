/** Makes the engines of the ports over a system's open backends. */
import { readOptions } from '../call-options.js';
import { snakeCase } from '../config/keys.js';
import type { Redactor } from '../config/redactor.js';
import type { CheckedConfig, SectionKey } from '../config/schema.js';
import { createDispatcher } from '../dispatcher/dispatcher.js';
import { resolveDispatcherSettings } from '../dispatcher/settings.js';
import { TaskRunner } from '../dispatcher/task-runner.js';
import { ConfigError } from '../errors.js';
import { createLocalEventBus } from '../event-bus/local.js';
import { createRemoteEventBus } from '../event-bus/remote.js';
import type { LeaseGuard } from '../lease-guard/guard.js';
import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { AnyMessages } from '../message/message.js';
import { checkName } from '../message/names.js';
import { checkDefinitions, type MessageDefinitions } from '../message/schema.js';
import type { Dispatcher } from '../ports/dispatcher.js';
import type { EventBus } from '../ports/event-bus.js';
import type { PubSub, PubSubOptions, PubSubTransport } from '../ports/pubsub.js';
import type { Queue, QueueOptions } from '../ports/queue.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { Scheduler } from '../ports/scheduler.js';
import { createPubSub } from '../pubsub/pubsub.js';
import { createQueue } from '../queue/queue.js';
import { resolveSettings } from '../queue/settings.js';
import { createScheduler } from '../scheduler/scheduler.js';
import { schedulerQueueOptions } from '../scheduler/settings.js';
import type { Clock } from '../time/clock.js';
import type { OpenBackend } from './backends.js';
import { inJson, lacksPort, queueNameOf, schedulerQueue } from './features.js';

/** What the components of one manager share. */
export interface System {
  readonly config: CheckedConfig;
  readonly backends: readonly OpenBackend[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hides the secrets of the config in what the backends say; the logger does so already. */
  readonly redactor: Redactor;
  /** Of the application's own. */
  readonly codec: Codec | undefined;
  readonly random: (() => number) | undefined;
  /** Where the config asks for a heartbeat on a thread. */
  readonly guard: LeaseGuard | undefined;
}

/** What one queue has of its own. */
export interface QueueSetup<M extends object> {
  /** Declared message types. */
  readonly definitions?: MessageDefinitions<M>;
  /** Over those of the config; durations in milliseconds, or text with a unit. */
  readonly options?: QueueOptions;
}

/** @throws ConfigError */
export function readSetup(given: QueueSetup<AnyMessages> | undefined): QueueSetup<AnyMessages> | undefined {
  if (given === undefined) return undefined;
  const { definitions, options } = readOptions(given, 'setup');
  checkDefinitions(definitions);
  return { definitions, options: options === undefined ? undefined : readOptions(options, 'setup.options') };
}

export function makeQueue(system: System, name: string, { definitions, options }: QueueSetup<AnyMessages>): Queue {
  checkName('queue', name);
  if (name === schedulerQueue) {
    throw new ConfigError(`queue '${name}' is the scheduler's own`, [
      { path: 'name', message: 'choose another one, or use the scheduler' },
    ]);
  }
  const { config, clock, logger, random, guard } = system;
  const bare = queueStore(system, name);
  const { workers, enableDeadLetterQueue, enabled, type, connection, queueName, heartbeat, ...same } = config.messageQueue ?? {};
  const all: QueueOptions = { ...same, concurrency: workers, deadLetterQueue: enableDeadLetterQueue, ...options };
  const store = guard === undefined ? bare : guarded(guard, bare, name, all);
  return createQueue(name, {
    store,
    clock,
    logger,
    codec: codecFor(system, store),
    definitions,
    random,
    options: all,
  });
}

function guarded(guard: LeaseGuard, store: QueueStore, name: string, options: QueueOptions): QueueStore {
  const { visibilityTimeoutMs, maxBlockedMs } = resolveSettings(options);
  return guard.guard(store, { name, visibilityTimeoutMs, maxBlockedMs });
}

export function queueStore(system: System, name: string): QueueStore {
  const open = backendOf(system, 'messageQueue');
  const store = open.backend.queueStore?.(name);
  if (store === undefined) throw lacksPort('messageQueue', open, system.backends);
  return store;
}

export function makePubSub(system: System, definitions: MessageDefinitions<AnyMessages> | undefined): PubSub {
  const { enabled, type, connection, ...options } = system.config.pubsub ?? {};
  return makeChannels(system, 'pubsub', 'channels', definitions, options);
}

/** A bus, and the pub/sub beneath it where it is not local. */
export interface MadeEventBus {
  readonly bus: EventBus;
  readonly channels?: PubSub;
}

export function makeEventBus(system: System): MadeEventBus {
  const { clock, logger, config } = system;
  const { enabled, workers, bufferSize } = config.eventBus ?? { enabled: false };
  if (enabled === false) throw leftOut(config, 'eventBus');
  const options = { workers, bufferSize };
  if (!hasBackend(system, 'eventBus')) return { bus: createLocalEventBus({ clock, logger, options }) };
  const channels = makeChannels(system, 'eventBus', 'events', undefined, {});
  return { bus: createRemoteEventBus({ pubsub: channels, clock, logger, options }), channels };
}

function makeChannels(
  system: System,
  section: SectionKey,
  scope: string,
  definitions: MessageDefinitions<AnyMessages> | undefined,
  options: PubSubOptions,
): PubSub {
  const open = backendOf(system, section);
  const transport: PubSubTransport | undefined = open.backend.pubSubTransport?.(scope);
  if (transport === undefined) throw lacksPort(section, open, system.backends);
  const { clock, logger, codec } = system;
  return createPubSub({ transport, clock, logger: logger.child({ scope }), codec, definitions, options });
}

export function makeScheduler(system: System, definitions: MessageDefinitions<AnyMessages> | undefined): Scheduler {
  const open = backendOf(system, 'taskScheduler');
  const store = open.backend.queueStore?.(schedulerQueue);
  const records = open.backend.recordStore?.('schedules');
  if (store === undefined || records === undefined) throw lacksPort('taskScheduler', open, system.backends);
  const { clock, logger, random } = system;
  const { enabled, type, connection, ...options } = system.config.taskScheduler ?? {};
  const codec = codecFor(system, store);
  const queue = createQueue(schedulerQueue, { store, clock, logger, random, codec, definitions, options: schedulerQueueOptions(options) });
  return createScheduler({ queue, records, clock, logger, codec, options });
}

/** What stands behind the dispatcher, in this process as a worker of tasks and as a dispatcher of them. */
export interface MadeDispatching {
  readonly channels: PubSub;
  /** Attached to every queue before it starts: tasks may come from other processes. */
  readonly runner: TaskRunner;
  makeDispatcher(queue: (name: string) => Queue): Dispatcher;
}

export function makeDispatching(system: System): MadeDispatching {
  const open = backendOf(system, 'taskDispatcher');
  if (!hasBackend(system, 'messageQueue')) throw leftOut(system.config, 'messageQueue', 'task_dispatcher needs message_queue');
  const records = open.backend.recordStore?.('tasks');
  if (records === undefined) throw lacksPort('taskDispatcher', open, system.backends);
  const { clock, logger, codec, config } = system;
  const { enabled, type, connection, ...options } = config.taskDispatcher ?? {};
  const channels = makeChannels(system, 'taskDispatcher', 'tasks', undefined, {});
  const { statusRetentionMs } = resolveDispatcherSettings(options);
  const runner = new TaskRunner({ records, pubsub: channels, clock, logger, codec, statusRetentionMs });
  const defaultQueue = queueNameOf(config);
  return {
    channels,
    runner,
    makeDispatcher: (queue) => createDispatcher({ queue, defaultQueue, pubsub: channels, records, clock, logger, codec, options }),
  };
}

/** The application's codec in the form that this store can carry. */
function codecFor({ codec }: System, store: QueueStore): Codec | undefined {
  return codec !== undefined && store.capabilities.payload === 'json' ? inJson(codec) : codec;
}

/** Whether the config puts this section on a backend; a local event bus has none. */
export function hasBackend({ backends }: System, section: SectionKey): boolean {
  return backends.some(({ plan }) => plan.sections.includes(section));
}

function backendOf({ config, backends }: System, section: SectionKey): OpenBackend {
  const open = backends.find(({ plan }) => plan.sections.includes(section));
  if (open === undefined) throw leftOut(config, section);
  return open;
}

function leftOut(config: CheckedConfig, section: SectionKey, headline = `${snakeCase(section)} is left out`): ConfigError {
  const why = config[section] === undefined ? 'the config has no such section' : 'it says enabled: false';
  return new ConfigError(headline, [{ path: snakeCase(section), message: `${why}; give it a type, or do not ask for it` }]);
}
