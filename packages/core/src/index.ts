export type { QuaysideConfig } from './config/schema.js';
export { createDispatcher, type DispatcherParts } from './dispatcher/dispatcher.js';
export { TaskFailedError, TaskNotFoundError } from './dispatcher/task-error.js';
export { TaskRunner, type TaskRunnerParts } from './dispatcher/task-runner.js';
export {
  CancelledError,
  CapacityError,
  ClosedError,
  ConfigError,
  ConnectionError,
  InvalidNameError,
  type Issue,
  LeaseLostError,
  NoHandlerError,
  NoRouteError,
  PayloadError,
  type PublishFate,
  QuaysideError,
  type QuaysideErrorOptions,
  quote,
  TimeoutError,
  UnrecoverableError,
  UnsupportedFeatureError,
  UnsupportedPortError,
} from './errors.js';
export { createLocalEventBus, type EventBusParts } from './event-bus/local.js';
export { createRemoteEventBus, type RemoteEventBusParts } from './event-bus/remote.js';
export { Listeners } from './listeners.js';
export { type Logger, silentLogger } from './logger.js';
export { type CommonHandlers, registerCommonHandlers, type SystemEventHandlers } from './manager/common-handlers.js';
export { adapterModule } from './manager/container.js';
export { getGlobalQueueManager, hasGlobalQueueManager, setGlobalQueueManager } from './manager/global.js';
export type { ComponentHealth, ManagerHealth } from './manager/health.js';
export {
  initializeGlobalQueueSystem,
  initializeQueueSystem,
  publishTask,
  scheduleDelayedTask,
  shutdownQueueSystem,
} from './manager/init.js';
export { QueueManager } from './manager/manager.js';
export type { PortObserver } from './manager/observers.js';
export type { ErrorPlace, ManagerEvents, ManagerOptions } from './manager/options.js';
export type { QueueSetup } from './manager/ports.js';
export type { ManagerStats } from './manager/stats.js';
export { publishSystemEvent, type SystemEvent, systemChannel } from './manager/system-events.js';
export { ADAPTER, BACKEND, CLOCK, DISPATCHER, EVENT_BUS, LOGGER, MANAGER, PUBSUB, QUEUE, SCHEDULER } from './manager/tokens.js';
export type { Codec } from './message/codec.js';
export { type MessageMeta, readMeta, writeMeta } from './message/envelope.js';
export { IdMaker, idLength, timeOfId } from './message/ids.js';
export { type AnyMessages, type Headers, type Message, type Priority, priorities, type TypeOf } from './message/message.js';
export { checkChannelName, checkName } from './message/names.js';
export { type ChannelFilter, parseChannelFilter } from './message/patterns.js';
export { defineMessages, type MessageDefinition, type MessageDefinitions } from './message/schema.js';
export type * from './ports/adapter.js';
export type * from './ports/dispatcher.js';
export type * from './ports/event-bus.js';
export type {
  AttemptError,
  Backoff,
  BackoffOptions,
  Ending,
  Handler,
  HandlerContext,
  Jitter,
  MessageHead,
  Middleware,
  OutgoingMessage,
  PublishResult,
} from './ports/handler.js';
export { RetryLater } from './ports/handler.js';
export type * from './ports/pubsub.js';
export type * from './ports/queue.js';
export type * from './ports/queue-store.js';
export { publishWindow, zeroCounters } from './ports/queue-store.js';
export type * from './ports/records.js';
export type * from './ports/scheduler.js';
export { createPubSub, type PubSubParts } from './pubsub/pubsub.js';
export { ToldState } from './pubsub/told-state.js';
export { createQueue, type QueueParts } from './queue/queue.js';
export { scheduledRunOf } from './scheduler/occurrence.js';
export { createScheduler, type SchedulerParts } from './scheduler/scheduler.js';
export { schedulerQueueOptions } from './scheduler/settings.js';
export { type StoreMethod, StoreWrapper } from './store-wrapper.js';
export { createTestManager, type TestManager, type TestManagerOptions } from './testing/test-manager.js';
export { type Clock, systemClock, type Timer, type TimerOptions } from './time/clock.js';
export { sleep, withDeadline } from './time/deadline.js';
export { type Duration, durationToMs } from './time/duration.js';
export { Heartbeat } from './time/heartbeat.js';
export { TestClock } from './time/test-clock.js';
