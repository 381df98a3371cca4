/** The metrics that are read at a scrape: the manager's statistics and its health. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type Figure, figures } from './figures.js';
import type { Snapshot } from './snapshot.js';

export interface MetricSetup {
  readonly registry: Registry;
  readonly prefix: string;
}

export function registerScraped(snapshot: Snapshot, { registry, prefix }: MetricSetup): void {
  for (const figure of figures) registerFigure(figure, snapshot, { registry, prefix });
  registerHealth(snapshot, { registry, prefix });
  new Counter({
    name: `${prefix}scrape_failures_total`,
    help: 'Scrapes that could not read the statistics, so that the metrics made of them are missing.',
    registers: [registry],
    async collect() {
      await snapshot.stats();
      this.reset();
      this.inc(snapshot.failures);
    },
  });
}

function registerFigure({ name, help, kind, labels, samples }: Figure, snapshot: Snapshot, { registry, prefix }: MetricSetup): void {
  const described = { name: prefix + name, help, labelNames: [...labels], registers: [registry] };
  if (kind === 'gauge') {
    new Gauge({
      ...described,
      async collect() {
        const stats = await snapshot.stats();
        this.reset();
        for (const sample of stats === undefined ? [] : samples(stats)) this.set(sample.labels, sample.value);
      },
    });
    return;
  }
  new Counter({
    ...described,
    async collect() {
      const stats = await snapshot.stats();
      this.reset();
      for (const sample of stats === undefined ? [] : samples(stats)) this.inc(sample.labels, sample.value);
    },
  });
}

function registerHealth(snapshot: Snapshot, { registry, prefix }: MetricSetup): void {
  new Gauge({
    name: `${prefix}component_health`,
    help: '1 up, 0.5 degraded, 0 down, for each component and the type of the backend behind it.',
    labelNames: ['component', 'backend'],
    registers: [registry],
    async collect() {
      const { components } = await snapshot.health();
      this.reset();
      for (const [component, { status, backend = 'none' }] of Object.entries(components)) {
        this.set({ component, backend }, status === 'up' ? 1 : status === 'degraded' ? 0.5 : 0);
      }
    },
  });
}
