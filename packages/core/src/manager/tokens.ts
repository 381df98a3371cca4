/**
 * What a service can ask a manager's container for:
 *
 * @example
 * class Transcriber {
 *   constructor(@inject(QUEUE) private readonly queue: Queue<MeetingTasks>) {}
 * }
 */
import type { ServiceIdentifier } from 'inversify';
import type { Logger } from '../logger.js';
import type { Adapter, Backend } from '../ports/adapter.js';
import type { Dispatcher } from '../ports/dispatcher.js';
import type { EventBus } from '../ports/event-bus.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue } from '../ports/queue.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { Clock } from '../time/clock.js';
import type { QueueManager } from './manager.js';

/** The configured queue. */
export const QUEUE: ServiceIdentifier<Queue> = Symbol.for('@quayside/core/Queue');
export const PUBSUB: ServiceIdentifier<PubSub> = Symbol.for('@quayside/core/PubSub');
export const EVENT_BUS: ServiceIdentifier<EventBus> = Symbol.for('@quayside/core/EventBus');
export const SCHEDULER: ServiceIdentifier<Scheduler> = Symbol.for('@quayside/core/Scheduler');
export const DISPATCHER: ServiceIdentifier<Dispatcher> = Symbol.for('@quayside/core/Dispatcher');
export const MANAGER: ServiceIdentifier<QueueManager> = Symbol.for('@quayside/core/QueueManager');
export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('@quayside/core/Clock');
export const LOGGER: ServiceIdentifier<Logger> = Symbol.for('@quayside/core/Logger');
/** Named by its type: what a config's `type` can choose, besides the adapters given to `create`. */
export const ADAPTER: ServiceIdentifier<Adapter> = Symbol.for('@quayside/core/Adapter');
/** Named by its type: an open backend, for what the ports don't offer. */
export const BACKEND: ServiceIdentifier<Backend> = Symbol.for('@quayside/core/Backend');
