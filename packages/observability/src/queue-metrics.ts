/** What this process's own work on queues costs and comes to. */
import { type Ending, type Middleware, QuaysideError, type Queue } from '@quayside/core';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { MetricSetup } from './scraped.js';
import { TypeLabel } from './type-label.js';

/** From a millisecond to the half hour that is a handler's default time-out. */
const durationBuckets = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];
const publishBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5];

export class QueueMetrics {
  readonly #types = new TypeLabel();
  readonly #publish: Histogram<'queue' | 'outcome'>;
  readonly #age: Histogram<'queue' | 'type'>;
  readonly #duration: Histogram<'queue' | 'type' | 'outcome'>;
  readonly #running: Gauge<'queue'>;
  readonly #settlements: Counter<'queue' | 'type' | 'outcome'>;
  readonly #leasesLost: Counter<'queue'>;
  readonly #blocked: Counter<'queue'>;
  readonly #disconnects: Counter<'queue'>;

  constructor({ registry, prefix }: MetricSetup) {
    const registers = [registry];
    this.#publish = new Histogram({
      name: `${prefix}publish_duration_seconds`,
      help: 'How long a publish took: stored, deduplicated, or failed as not-published, unknown or refused (bad input).',
      labelNames: ['queue', 'outcome'],
      buckets: publishBuckets,
      registers,
    });
    this.#age = new Histogram({
      name: `${prefix}message_age_seconds`,
      help: 'From the publish of a message to the start of its first attempt, by the clocks of both processes, its delay included.',
      labelNames: ['queue', 'type'],
      buckets: durationBuckets,
      registers,
    });
    this.#duration = new Histogram({
      name: `${prefix}handler_duration_seconds`,
      help: 'How long a handler ran, and whether it returned or threw.',
      labelNames: ['queue', 'type', 'outcome'],
      buckets: durationBuckets,
      registers,
    });
    this.#running = new Gauge({
      name: `${prefix}handlers_running`,
      help: 'Handlers of this process that run now.',
      labelNames: ['queue'],
      registers,
    });
    this.#settlements = new Counter({
      name: `${prefix}settlements_total`,
      help: 'Deliveries of this process that ended, by outcome.',
      labelNames: ['queue', 'type', 'outcome'],
      registers,
    });
    this.#leasesLost = new Counter({
      name: `${prefix}leases_lost_total`,
      help: 'Messages that this process held when another worker had them already.',
      labelNames: ['queue'],
      registers,
    });
    this.#blocked = new Counter({
      name: `${prefix}event_loop_blocked_seconds_total`,
      help: 'For how long handlers held up the event loop, as far as it was noticed.',
      labelNames: ['queue'],
      registers,
    });
    this.#disconnects = new Counter({
      name: `${prefix}queue_disconnects_total`,
      help: 'How often the queue lost its server.',
      labelNames: ['queue'],
      registers,
    });
  }

  /** Before the queue starts: part of it is middleware. */
  observe(queue: Queue): void {
    const { name } = queue;
    queue.use(this.#middleware(name));
    queue.on('settled', ({ type }, ending) =>
      this.#settlements.inc({ queue: name, type: this.#types.of(type), outcome: outcomeOf(ending) }),
    );
    queue.on('lease-lost', () => this.#leasesLost.inc({ queue: name }));
    queue.on('event-loop-blocked', (_, blockedMs) => this.#blocked.inc({ queue: name }, blockedMs / 1000));
    queue.on('disconnected', () => this.#disconnects.inc({ queue: name }));
  }

  #middleware(queue: string): Middleware {
    return {
      publish: async (message, next) => {
        const stop = this.#publish.startTimer({ queue });
        try {
          const result = await next(message);
          stop({ outcome: result.isDeduplicated ? 'deduplicated' : 'stored' });
          return result;
        } catch (error) {
          stop({ outcome: (error instanceof QuaysideError ? error.outcome : undefined) ?? 'refused' });
          throw error;
        }
      },
      process: async (message, next, { attempt }) => {
        const type = this.#types.of(message.type);
        if (attempt === 1) this.#age.observe({ queue, type }, Math.max(0, Date.now() - message.publishedAt) / 1000);
        this.#running.inc({ queue });
        const stop = this.#duration.startTimer({ queue, type });
        try {
          const value = await next();
          stop({ outcome: 'returned' });
          return value;
        } catch (error) {
          stop({ outcome: 'threw' });
          throw error;
        } finally {
          this.#running.dec({ queue });
        }
      },
    };
  }
}

function outcomeOf(ending: Ending): string {
  return ending.outcome === 'drop' ? ending.as : ending.outcome;
}
