import { type Backend, createQueue, createScheduler, type Queue, type Scheduler, schedulerQueueOptions, systemClock } from '@quayside/core';
import { openBackend, storeOf } from '../../backends.js';
import { OwnClock } from '../../scheduler/own-clock.js';

/** Longer than any handler here: what runs at the end of a row ends. */
const graceMs = 3_000;

/** A queue and a scheduler over one connection set, in a process whose clock can be set wrongly. */
export class ClockedProcess {
  readonly clock: OwnClock;
  readonly queue: Queue;
  readonly scheduler: Scheduler;
  readonly #backend: Backend;

  static async open(type: string, url: string, leaseMs: number): Promise<ClockedProcess> {
    const clock = new OwnClock(systemClock);
    return new ClockedProcess(await openBackend(type, { url }, { clock, namespace: 'clocked' }), clock, leaseMs);
  }

  private constructor(backend: Backend, clock: OwnClock, visibilityTimeout: number) {
    const records = backend.recordStore?.('schedules');
    if (records === undefined) throw new Error(`${backend.type} has no records`);
    this.#backend = backend;
    this.clock = clock;
    this.queue = createQueue('work', { store: storeOf(backend, 'work'), clock, options: { visibilityTimeout, concurrency: 20 } });
    const options = { ...schedulerQueueOptions(), visibilityTimeout };
    this.scheduler = createScheduler({
      queue: createQueue('schedules', { store: storeOf(backend, 'schedules'), clock, options }),
      records,
      clock,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.queue.stop({ graceMs }), this.scheduler.stop({ graceMs })]);
    await this.#backend.close();
  }
}
