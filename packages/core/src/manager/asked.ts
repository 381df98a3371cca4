import { isDeepStrictEqual } from 'node:util';
import { checkFunctions } from '../call-options.js';
import { ConfigError } from '../errors.js';
import type { AnyMessages } from '../message/message.js';
import type { MessageDefinitions } from '../message/schema.js';
import type { Dispatcher } from '../ports/dispatcher.js';
import type { EventBus } from '../ports/event-bus.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue } from '../ports/queue.js';
import type { Scheduler } from '../ports/scheduler.js';
import { queueNameOf } from './features.js';
import type { Stoppable } from './lifecycle.js';
import { type PortObserver, PortObservers } from './observers.js';
import type { ErrorPlace } from './options.js';
import {
  hasBackend,
  type MadeDispatching,
  type MadeEventBus,
  makeDispatching,
  makeEventBus,
  makePubSub,
  makeQueue,
  makeScheduler,
  type QueueSetup,
  type System,
} from './ports.js';
import type { MadePorts } from './stats.js';

type Tell = (error: Error, where: ErrorPlace) => void;
type AnyDefinitions = MessageDefinitions<AnyMessages>;

/** The ports that somebody asked a manager for. Each is made once, at the first time, and started with the others. */
export class AskedPorts {
  readonly #queues = new Map<string, Queue>();
  readonly #system: System;
  readonly #tell: Tell;
  readonly #observers: PortObservers;
  readonly #setups = new Map<string, QueueSetup<AnyMessages>>();
  #pubsub: PubSub | undefined;
  #channels: AnyDefinitions | undefined;
  #events: MadeEventBus | undefined;
  #scheduler: Scheduler | undefined;
  #schedules: AnyDefinitions | undefined;
  #dispatching: MadeDispatching | undefined;
  #dispatcher: Dispatcher | undefined;
  #isStarted = false;

  constructor(system: System, tell: Tell) {
    this.#system = system;
    this.#tell = tell;
    this.#observers = new PortObservers(system.logger);
  }

  /** Those made already are shown at once. Errors of that reach the caller. */
  observe(observer: PortObserver): () => void {
    checkFunctions(observer, ['queue', 'pubsub', 'events', 'scheduler', 'dispatcher'], 'observer');
    const { queues, pubsub, events, scheduler, dispatcher } = this.made;
    for (const queue of queues.values()) observer.queue?.(queue);
    if (pubsub !== undefined) observer.pubsub?.(pubsub);
    if (events !== undefined) observer.events?.(events);
    if (scheduler !== undefined) observer.scheduler?.(scheduler);
    if (dispatcher !== undefined) observer.dispatcher?.(dispatcher);
    return this.#observers.add(observer);
  }

  queue(name = queueNameOf(this.#system.config), setup?: QueueSetup<AnyMessages>): Queue {
    const earlier = this.#queues.get(name);
    if (earlier === undefined) return this.#makeQueue(name, setup ?? {});
    const { definitions, options } = this.#setups.get(name) ?? {};
    const isSame = setup === undefined || (setup.definitions === definitions && isDeepStrictEqual(setup.options, options));
    if (!isSame) throw askedOtherwise(`queue '${name}'`);
    return earlier;
  }

  pubsub(definitions?: AnyDefinitions): PubSub {
    if (this.#pubsub === undefined) {
      this.#pubsub = makePubSub(this.#system, definitions);
      this.#channels = definitions;
      this.#pubsub.on('error', (error, { channel, id }) => this.#tell(error, { component: 'pubsub', name: channel, id }));
      this.#observers.show('pubsub', this.#pubsub);
    }
    if (definitions !== undefined && definitions !== this.#channels) throw askedOtherwise('pub/sub');
    return this.#pubsub;
  }

  events(): EventBus {
    if (this.#events === undefined) {
      this.#events = makeEventBus(this.#system);
      const { bus, channels } = this.#events;
      bus.onBus('error', (error, { event }) => this.#tell(error, { component: 'event_bus', name: event }));
      channels?.on('error', (error, { channel, id }) => this.#tell(error, { component: 'event_bus', name: channel, id }));
      this.#observers.show('events', bus);
      if (this.#isStarted) this.#startLate(bus, { component: 'event_bus' });
    }
    return this.#events.bus;
  }

  scheduler(definitions?: AnyDefinitions): Scheduler {
    if (this.#scheduler === undefined) {
      this.#scheduler = makeScheduler(this.#system, definitions);
      this.#schedules = definitions;
      this.#scheduler.on('error', (error, scheduleId) => this.#tell(error, { component: 'task_scheduler', id: scheduleId }));
      this.#observers.show('scheduler', this.#scheduler);
      if (this.#isStarted) this.#startLate(this.#scheduler, { component: 'task_scheduler' });
    }
    if (definitions !== undefined && definitions !== this.#schedules) throw askedOtherwise('the scheduler');
    return this.#scheduler;
  }

  dispatcher(): Dispatcher {
    if (this.#dispatcher === undefined) {
      this.#dispatcher = this.#dispatch().makeDispatcher((name) => this.queue(name));
      this.#observers.show('dispatcher', this.#dispatcher);
      if (this.#isStarted) this.#startLate(this.#dispatcher, { component: 'task_dispatcher' });
    }
    return this.#dispatcher;
  }

  /** The event bus first, so that handlers of messages find it listening; then who waits for results; then the work. */
  async start(): Promise<void> {
    this.#isStarted = true;
    await this.#events?.bus.start();
    await this.#dispatcher?.start();
    await Promise.all([...this.#queues.values(), this.#scheduler].map((workers) => workers?.start()));
  }

  /** What is asked for from now on is made, but does not start. */
  stoppable(): Stoppable {
    this.#isStarted = false;
    return {
      workers: () => [...this.#queues.values(), ...(this.#scheduler === undefined ? [] : [this.#scheduler])],
      dispatchers: () => (this.#dispatcher === undefined ? [] : [this.#dispatcher]),
      buses: () => (this.#events === undefined ? [] : [this.#events.bus]),
      channels: () => [this.#events?.channels, this.#dispatching?.channels, this.#pubsub].filter((one) => one !== undefined),
      backends: () => [
        ...this.#system.backends.map(({ backend }) => backend),
        ...(this.#system.guard === undefined ? [] : [this.#system.guard]),
      ],
    };
  }

  /** Without making what nobody asked for. */
  get made(): MadePorts {
    return {
      queues: this.#queues,
      pubsub: this.#pubsub,
      events: this.#events?.bus,
      scheduler: this.#scheduler,
      dispatcher: this.#dispatcher,
    };
  }

  #makeQueue(name: string, setup: QueueSetup<AnyMessages>): Queue {
    const queue = makeQueue(this.#system, name, setup);
    if (hasBackend(this.#system, 'taskDispatcher')) this.#dispatch().runner.attach(queue);
    this.#queues.set(name, queue);
    this.#setups.set(name, setup);
    queue.on('error', (error, message) => this.#tell(error, { component: 'message_queue', name, id: message?.id }));
    this.#observers.show('queue', queue);
    if (this.#isStarted) this.#startLate(queue, { component: 'message_queue', name });
    return queue;
  }

  #dispatch(): MadeDispatching {
    if (this.#dispatching === undefined) {
      this.#dispatching = makeDispatching(this.#system);
      this.#dispatching.channels.on('error', (error, { id }) => this.#tell(error, { component: 'task_dispatcher', id }));
    }
    return this.#dispatching;
  }

  #startLate(port: { start(): Promise<void> }, where: ErrorPlace): void {
    port.start().catch((error: Error) => {
      this.#system.logger.error({ err: error, ...where }, 'a component could not be started');
      this.#tell(error, where);
    });
  }
}

function askedOtherwise(what: string): ConfigError {
  const message = 'it is handed out as it was made the first time: declare types and options there, and ask without them elsewhere';
  return new ConfigError(`${what} was asked for before with another setup`, [{ path: what, message }]);
}
