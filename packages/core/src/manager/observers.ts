import type { Logger } from '../logger.js';
import type { Dispatcher } from '../ports/dispatcher.js';
import type { EventBus } from '../ports/event-bus.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue } from '../ports/queue.js';
import type { Scheduler } from '../ports/scheduler.js';

/** The ports by the name under which the manager hands them out. */
export interface PortByName {
  readonly queue: Queue;
  readonly pubsub: PubSub;
  readonly events: EventBus;
  readonly scheduler: Scheduler;
  readonly dispatcher: Dispatcher;
}

/** Is shown each port of a manager once, as it is made and before it starts: the place to add listeners and middleware for all of them. */
export type PortObserver = { readonly [Name in keyof PortByName]?: (port: PortByName[Name]) => void };

/** Shows ports to whoever watches. One that throws is logged and keeps no port from its asker. */
export class PortObservers {
  readonly #observers = new Set<PortObserver>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Answers a function that removes it. */
  add(observer: PortObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  show<Name extends keyof PortByName>(name: Name, port: PortByName[Name]): void {
    for (const observer of this.#observers) {
      try {
        observer[name]?.(port);
      } catch (error) {
        this.#logger.error({ err: error, port: name }, 'an observer threw');
      }
    }
  }
}
