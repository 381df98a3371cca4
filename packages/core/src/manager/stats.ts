import type { Dispatcher, DispatcherStats } from '../ports/dispatcher.js';
import type { EventBus, EventBusStats } from '../ports/event-bus.js';
import type { PubSub, PubSubStats } from '../ports/pubsub.js';
import type { Queue, QueueStats } from '../ports/queue.js';
import type { Scheduler, SchedulerStats } from '../ports/scheduler.js';
import { toQueueStats } from '../queue/stats.js';
import { queueNameOf } from './features.js';
import { hasBackend, queueStore, type System } from './ports.js';

/** Every component's figures, in the original system's names. What is left out is absent; so is what nobody asked the manager for yet. */
export interface ManagerStats {
  /** The configured queue's name; there with its figures. */
  readonly queue_name?: string;
  /** The configured queue as a whole: all processes. There also where nobody asked for it. */
  readonly message_queue?: QueueStats;
  /** The other queues that were asked for, by name. */
  readonly queues: Readonly<Record<string, QueueStats>>;
  /** Of this process. */
  readonly pubsub?: PubSubStats;
  /** Of this process. */
  readonly event_bus?: EventBusStats;
  /** All processes. */
  readonly task_scheduler?: SchedulerStats;
  /** Of the tasks that this process dispatched. */
  readonly task_dispatcher?: DispatcherStats;
}

/** The ports that somebody asked the manager for. */
export interface MadePorts {
  readonly queues: ReadonlyMap<string, Queue>;
  readonly pubsub?: PubSub;
  readonly events?: EventBus;
  readonly scheduler?: Scheduler;
  readonly dispatcher?: Dispatcher;
}

export async function collectStats(system: System, { queues, pubsub, events, scheduler, dispatcher }: MadePorts): Promise<ManagerStats> {
  const configured = queueNameOf(system.config);
  const others = [...queues].filter(([name]) => name !== configured);
  const [messageQueue, schedulerStats, dispatcherStats, entries] = await Promise.all([
    configuredQueueStats(system, queues.get(configured)),
    scheduler?.stats(),
    dispatcher?.stats(),
    Promise.all(others.map(async ([name, queue]) => [name, await queue.stats()] as const)),
  ]);
  return {
    ...(messageQueue && { queue_name: configured, message_queue: messageQueue }),
    queues: Object.fromEntries(entries),
    ...(pubsub && { pubsub: pubsub.stats() }),
    ...(events && { event_bus: events.stats() }),
    ...(schedulerStats && { task_scheduler: schedulerStats }),
    ...(dispatcherStats && { task_dispatcher: dispatcherStats }),
  };
}

async function configuredQueueStats(system: System, queue: Queue | undefined): Promise<QueueStats | undefined> {
  if (queue !== undefined) return queue.stats();
  if (!hasBackend(system, 'messageQueue')) return undefined;
  return toQueueStats(await queueStore(system, queueNameOf(system.config)).stats());
}
