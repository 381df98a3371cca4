import { type Clock, createQueue, type Queue, type QueueOptions, sleep } from '@quayside/core';
import type { QueueContext } from '../queue/context.js';
import { Link } from '../queue/link.js';
import { MemoryLog } from './log.js';
import { RecordingStore, recordHandlers } from './recording.js';

/** An engine with a line to the store and a history of its own: for the store, a process. */
export class SimulatedProcess {
  readonly name: string;
  readonly log = new MemoryLog();
  readonly queue: Queue;
  readonly #clock: Clock;
  readonly #link: Link;
  #isAlive = true;

  constructor(name: string, context: QueueContext, queueName: string, options: QueueOptions) {
    const { time, logger, random, harness } = context.scope;
    this.name = name;
    this.#clock = time.clock;
    this.#link = new Link(context.store(queueName), time);
    const store = new RecordingStore(this.#link, this.log, queueName);
    const create = harness.engines?.createQueue ?? createQueue;
    this.queue = create(queueName, { store, clock: time.clock, logger, random, workerName: name, options });
    this.queue.use(recordHandlers(this.log, queueName));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Vanishes: nothing that it still does reaches the store or its history. */
  crash(): void {
    this.#isAlive = false;
    this.log.cut();
    this.#link.silence();
  }

  /** Stands still for so long, as far as the store can tell, then goes on. */
  async freeze(ms: number): Promise<void> {
    this.#link.silence();
    await sleep(this.#clock, ms);
    if (this.#isAlive) this.#link.heal();
  }

  loseReply(method: 'publish' | 'exchange'): void {
    this.#link.loseReply(method);
  }

  async stop(): Promise<void> {
    this.#link.close();
    await this.queue.stop({ graceMs: 0 });
  }
}
