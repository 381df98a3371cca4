import type { QueueManager } from '@quayside/core';
import { Counter, collectDefaultMetrics, Registry } from 'prom-client';
import { QueueMetrics } from './queue-metrics.js';
import { SchedulerMetrics } from './scheduler-metrics.js';
import { registerScraped } from './scraped.js';
import { Snapshot } from './snapshot.js';

export interface MetricsOptions {
  /** Where the metrics are registered. Default: one of their own. */
  readonly registry?: Registry;
  /** What every name begins with. Default `quayside_`. */
  readonly prefix?: string;
  /** Labels of every sample: `{ service: 'ai' }`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The process's own metrics besides (processor, heap, event loop lag). Default true. */
  readonly processMetrics?: boolean;
}

/** A manager's Prometheus metrics. */
export interface Metrics {
  readonly registry: Registry;
  /** Of `text`: the value of its `Content-Type` header. */
  readonly contentType: string;
  /** All of them in Prometheus' text format. Settles within 3 s, also with the servers dead: the statistics are missing then. */
  text(): Promise<string>;
  /** Watches no further ports. */
  stop(): void;
}

/**
 * Metrics of every port that the manager hands out. Call it before `manager.start()`.
 * @throws ConfigError where a queue was started already
 *
 * @example
 * const metrics = collectMetrics(manager, { labels: { service: 'ai' } });
 * app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()));
 */
export function collectMetrics(manager: QueueManager, options: MetricsOptions = {}): Metrics {
  const { registry = new Registry(), prefix = 'quayside_', labels, processMetrics = true } = options;
  if (labels !== undefined) registry.setDefaultLabels(labels);
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const setup = { registry, prefix };
  registerScraped(new Snapshot(manager), setup);
  const queues = new QueueMetrics(setup);
  const schedules = new SchedulerMetrics(setup);
  const errors = new Counter({
    name: `${prefix}errors_total`,
    help: 'What failed in the background of this process, by component.',
    labelNames: ['component'],
    registers: [registry],
  });
  const disconnects = new Counter({
    name: `${prefix}pubsub_disconnects_total`,
    help: 'How often pub/sub of this process lost its server.',
    registers: [registry],
  });
  const ends = [
    manager.observe({
      queue: (queue) => queues.observe(queue),
      scheduler: (scheduler) => schedules.observe(scheduler),
      pubsub: (pubsub) => void pubsub.on('disconnected', () => disconnects.inc()),
    }),
    manager.on('error', (_, { component }) => errors.inc({ component })),
  ];
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    stop: () => {
      for (const end of ends) end();
    },
  };
}
