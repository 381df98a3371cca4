import type { Container, ContainerModule } from 'inversify';
import { readGrace } from '../call-options.js';
import { readConfig } from '../config/read.js';
import { Redactor } from '../config/redactor.js';
import type { QuaysideConfig } from '../config/schema.js';
import type { WrittenConfig } from '../config/written.js';
import { ClosedError } from '../errors.js';
import type { LeaseGuard } from '../lease-guard/guard.js';
import { Listeners } from '../listeners.js';
import { silentLogger } from '../logger.js';
import type { AnyMessages } from '../message/message.js';
import { checkDefinitions, type MessageDefinitions } from '../message/schema.js';
import type { Dispatcher } from '../ports/dispatcher.js';
import type { EventBus } from '../ports/event-bus.js';
import type { PubSub } from '../ports/pubsub.js';
import type { Queue, StopOptions, StopReport } from '../ports/queue.js';
import type { Scheduler } from '../ports/scheduler.js';
import { promised } from '../thenable.js';
import { systemClock } from '../time/clock.js';
import { AskedPorts } from './asked.js';
import { closeAll, openBackends } from './backends.js';
import { containerFor, portsModule } from './container.js';
import { checkFeatures, checkPorts } from './features.js';
import { startGuard } from './guarding.js';
import { collectHealth, type ManagerHealth } from './health.js';
import { stopInOrder } from './lifecycle.js';
import type { PortObserver } from './observers.js';
import type { ErrorPlace, ManagerEvents, ManagerOptions } from './options.js';
import { type QueueSetup, readSetup, type System } from './ports.js';
import { prepare } from './prepare.js';
import { collectStats, type ManagerStats } from './stats.js';

const defaultConnectTimeoutMs = 10_000;

/**
 * Stands for a whole system: opens what its config names, hands out the ports, starts and stops them in order.
 *
 * @example
 * await using manager = await QueueManager.create('config.yaml');
 * manager.queue().process('speech_recognition', async (message) => transcribe(message.payload));
 * await manager.start();
 */
export class QueueManager {
  /** The ports by token: `@inject(QUEUE)`. */
  readonly container: Container;
  readonly #system: System;
  readonly #ports: AskedPorts;
  readonly #module: ContainerModule;
  readonly #listeners: Listeners<ManagerEvents>;
  #stopping: Promise<StopReport> | undefined;
  #isStopped = false;

  private constructor(system: System, container: Container) {
    this.#system = system;
    this.#listeners = new Listeners<ManagerEvents>(system.logger);
    this.#ports = new AskedPorts(system, (error, where) => this.#tell(error, where));
    this.container = container;
    this.#module = portsModule(this, system);
    container.load(this.#module);
  }

  /**
   * Checks everything, connects to every backend, and is ready to publish. Rejects within `connect_timeout` and a second, and leaves
   * nothing open.
   * @param config a path (.yaml, .yml, .json), or the same as an object.
   * @throws ConfigError (every issue at once), ConnectionError, UnsupportedPortError, UnsupportedFeatureError
   */
  static async create(config: string | QuaysideConfig, options: ManagerOptions = {}): Promise<QueueManager> {
    const container = containerFor(options.container);
    const written = await readConfig(config, options);
    const redactor = new Redactor(written.value);
    try {
      return await QueueManager.#open(written, redactor, container, options);
    } catch (error) {
      throw redactor.clean(error);
    }
  }

  static async #open(written: WrittenConfig, redactor: Redactor, container: Container, options: ManagerOptions): Promise<QueueManager> {
    const { clock = systemClock, codec, random } = options;
    const logger = redactor.logger(options.logger ?? silentLogger);
    const prepared = await prepare(written, options);
    const { config } = prepared;
    const { namespace = 'quayside', connectTimeout: connectTimeoutMs = defaultConnectTimeoutMs } = config;
    const context = { clock, logger, namespace, connectTimeoutMs };
    const backends = await openBackends(prepared.backends, context);
    let guard: LeaseGuard | undefined;
    try {
      checkPorts(config, backends);
      checkFeatures({ config, clock, codec }, backends);
      guard = await startGuard(prepared, backends, context);
      // Asked once more: another manager may have come into it meanwhile.
      return new QueueManager({ config, backends, clock, logger, redactor, codec, random, guard }, containerFor(container));
    } catch (error) {
      await guard?.close();
      await closeAll(backends, clock, logger);
      throw error;
    }
  }

  /**
   * The configured queue, or another of the same options: `queue('media')`. The same object each time; the setup of the first time holds.
   * @throws ConfigError where the config leaves it out, or it was asked for before with another setup; InvalidNameError; ClosedError
   */
  queue<M extends object = AnyMessages>(name?: string, setup?: QueueSetup<M>): Queue<M>;
  queue<M extends object>(definitions: MessageDefinitions<M>): Queue<M>;
  queue<M extends object>(nameOrDefinitions?: string | MessageDefinitions<M>, setup?: QueueSetup<M>): Queue<M> {
    this.#checkOpen();
    const named =
      typeof nameOrDefinitions === 'object' ? { setup: { definitions: nameOrDefinitions } } : { name: nameOrDefinitions, setup };
    return this.#ports.queue(named.name, readSetup(named.setup as QueueSetup<AnyMessages> | undefined)) as unknown as Queue<M>;
  }

  /** @throws ConfigError where the config leaves it out, or it was asked for before with other definitions; UnsupportedPortError; ClosedError */
  pubsub<M extends object = AnyMessages>(definitions?: MessageDefinitions<M>): PubSub<M> {
    this.#checkOpen();
    checkDefinitions(definitions);
    return this.#ports.pubsub(definitions as MessageDefinitions<AnyMessages> | undefined) as unknown as PubSub<M>;
  }

  /** @throws ConfigError where the config leaves it out; ClosedError */
  events<M extends object = AnyMessages>(): EventBus<M> {
    this.#checkOpen();
    return this.#ports.events() as unknown as EventBus<M>;
  }

  /** @throws ConfigError where the config leaves it out, or it was asked for before with other definitions; UnsupportedPortError; ClosedError */
  scheduler<M extends object = AnyMessages>(definitions?: MessageDefinitions<M>): Scheduler<M> {
    this.#checkOpen();
    checkDefinitions(definitions);
    return this.#ports.scheduler(definitions as MessageDefinitions<AnyMessages> | undefined) as unknown as Scheduler<M>;
  }

  /** Its queues are the manager's: `process` on `queue('media')` handles the tasks dispatched to it. @throws ConfigError, UnsupportedPortError, ClosedError */
  dispatcher<M extends object = AnyMessages>(): Dispatcher<M> {
    this.#checkOpen();
    return this.#ports.dispatcher() as unknown as Dispatcher<M>;
  }

  /** Starts what consumes, of all that was asked for; what is asked for later starts at once. Idempotent; after a failure it can be called again. */
  async start(): Promise<void> {
    if (this.#stopping !== undefined) throw new ClosedError('the queue manager');
    await this.#ports.start();
  }

  /**
   * Claims no more, waits for running handlers (which may still publish), aborts those that outlast the grace, then closes the
   * connections. Settles within the grace and a second, also with the servers dead. Afterwards every call fails with ClosedError. Idempotent.
   * @param options the grace; default: the config's `stop_grace`, 5 s.
   */
  stop(options?: StopOptions): Promise<StopReport> {
    return promised(() => {
      const graceMs = readGrace(options, this.#system.config.stopGrace);
      this.#stopping ??= this.#stop(graceMs);
      return this.#stopping;
    });
  }

  async #stop(graceMs: number): Promise<StopReport> {
    const { clock, logger } = this.#system;
    const report = await stopInOrder(this.#ports.stoppable(), graceMs, clock, (error) => {
      logger.error({ err: error }, 'a component did not stop as it should');
      this.#tell(error, { component: 'manager' });
    });
    this.#isStopped = true;
    this.container.unload(this.#module);
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The figures of every component. @throws ConnectionError, TimeoutError, ClosedError */
  async stats(): Promise<ManagerStats> {
    this.#checkOpen();
    return collectStats(this.#system, this.#ports.made);
  }

  /** Whether each component is up, and if not why. Settles within 2 s, never rejects; once stopped everything is down. */
  health(): Promise<ManagerHealth> {
    return collectHealth(this.#system, this.#isStopped);
  }

  /** Answers a function that removes the listener. */
  on<E extends keyof ManagerEvents>(event: E, listener: ManagerEvents[E]): () => void {
    return this.#listeners.add(event, listener);
  }

  /**
   * Shows the observer each port: those made already now, the others as they are asked for, before they start. One that adds middleware to
   * queues comes before `start`. Answers a function that ends it; what the observer added to ports stays.
   */
  observe(observer: PortObserver): () => void {
    this.#checkOpen();
    return this.#ports.observe(observer);
  }

  #tell(error: Error, where: ErrorPlace): void {
    this.#listeners.tell('error', this.#system.redactor.clean(error), where);
  }

  #checkOpen(): void {
    if (this.#isStopped) throw new ClosedError('the queue manager');
  }
}
