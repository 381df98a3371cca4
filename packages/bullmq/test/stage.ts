import { type RedisServer, startRedis } from '@quayside/conformance/servers';
import {
  type Backend,
  createQueue,
  type Queue as OurQueue,
  type QueueOptions,
  type QueueStore,
  silentLogger,
  systemClock,
} from '@quayside/core';
import { FlowProducer, Queue, QueueEvents, Worker, type WorkerOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { adapter } from '#src/index.js';

/** A server, our backend on it, and BullMQ's own clients beside it; each test has a prefix of its own. */
export class Stage {
  readonly queueName = 'emails';
  readonly #server: RedisServer;
  readonly #client: Redis;
  readonly #cleanUps: (() => unknown)[] = [];
  #count = 0;
  #backend: Backend | undefined;

  static async open(): Promise<Stage> {
    const server = await startRedis({});
    return new Stage(server, new Redis(server.url));
  }

  private constructor(server: RedisServer, client: Redis) {
    this.#server = server;
    this.#client = client;
  }

  get prefix(): string {
    return `test${this.#count}`;
  }

  get client(): Redis {
    return this.#client;
  }

  async begin(): Promise<void> {
    this.#count++;
    const context = { clock: systemClock, logger: silentLogger, namespace: 'unused' };
    const backend = await adapter.open({ url: this.#server.url, prefix: this.prefix }, context);
    this.#backend = backend;
    this.#cleanUps.push(() => backend.close());
  }

  async end(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }

  async close(): Promise<void> {
    this.#client.disconnect();
    await this.#server.stop();
  }

  store(): QueueStore {
    const store = this.#backend?.queueStore?.(this.queueName);
    if (store === undefined) throw new Error('the stage has not begun');
    return store;
  }

  ours(options?: QueueOptions): OurQueue {
    const queue = createQueue(this.queueName, { store: this.store(), options });
    this.#cleanUps.push(() => queue.stop({ graceMs: 0 }));
    return queue;
  }

  plainQueue(): Queue {
    return this.#closing(new Queue(this.queueName, this.#plainOptions()));
  }

  plainWorker(handle: ConstructorParameters<typeof Worker>[1], options?: Partial<WorkerOptions>): Worker {
    const worker = new Worker(this.queueName, handle, { ...this.#plainOptions(), ...options });
    worker.on('error', () => undefined);
    return this.#closing(worker);
  }

  /** Hears all that was told, also before its first look. */
  async plainEvents(): Promise<QueueEvents> {
    const events = this.#closing(new QueueEvents(this.queueName, { ...this.#plainOptions(), lastEventId: '0' }));
    await events.waitUntilReady();
    return events;
  }

  plainFlows(): FlowProducer {
    return this.#closing(new FlowProducer(this.#plainOptions()));
  }

  #plainOptions() {
    const { host, port } = this.#server;
    return { prefix: this.prefix, connection: { host, port } };
  }

  #closing<T extends { close(): Promise<unknown> }>(one: T): T {
    this.#cleanUps.push(() => one.close());
    return one;
  }
}
