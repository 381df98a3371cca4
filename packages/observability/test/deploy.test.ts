import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { collectMetrics, type Metrics } from '#src/metrics.js';
import { createManager } from './system.js';

const fileOf = (path: string) => readFileSync(new URL(`../../../deploy/${path}`, import.meta.url), 'utf8');

interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: object }[];
  }[];
}

const dashboard = JSON.parse(fileOf('grafana/dashboards/quayside.json')) as Dashboard;
const rules = (parse(fileOf('alerts.yml')) as Rules).groups.flatMap((group) => group.rules);
const expressions = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
  ...rules.map(({ alert, expr }) => ({ title: alert, expr })),
];

/** Name and labels of every series that can be told, a histogram's parts included. */
async function seriesOf({ registry }: Metrics): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const known = new Map<string, ReadonlySet<string>>();
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    const metric = registry.getSingleMetric(name) as unknown as { readonly labelNames: readonly string[] };
    // `instance` is Prometheus' own.
    const labels = [...metric.labelNames, 'instance'];
    if (String(type) === 'histogram') {
      for (const part of ['bucket', 'sum', 'count']) known.set(`${name}_${part}`, new Set([...labels, 'le']));
    } else known.set(name, new Set(labels));
  }
  return known;
}

describe('the dashboard and the alert rules', () => {
  let series: ReadonlyMap<string, ReadonlySet<string>>;
  before(async () => {
    await using manager = await createManager();
    series = await seriesOf(collectMetrics(manager));
  });

  for (const { title, expr } of expressions) {
    it(`'${title}' asks only for metrics and labels that exist: ${expr.replaceAll(/\s+/g, ' ').trim()}`, () => {
      const names = expr.match(/\b(?:quayside|nodejs|process)_\w+/g) ?? [];
      assert.ok(names.length > 0);
      const labels = new Set(names.flatMap((name) => [...(series.get(name) ?? assert.fail(`no metric is called ${name}`))]));
      const asked = [
        ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim())),
        ...[...expr.matchAll(/[{,]\s*(\w+)\s*=~?"/g)].map(([, label = '']) => label),
      ];
      assert.deepEqual(
        asked.filter((label) => !labels.has(label)),
        [],
      );
    });
  }

  it('show every metric that this package tells', () => {
    const all = expressions.map(({ expr }) => expr).join('\n');
    const own = [...series.keys()].filter((name) => name.startsWith('quayside_') && !/_(sum|count)$/.test(name));
    assert.deepEqual(
      own.filter((name) => !all.includes(name)),
      [],
    );
  });

  it('give each panel an id of its own, and each alert a summary and what to do', () => {
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    for (const { alert, annotations } of rules) assert.deepEqual(Object.keys(annotations), ['summary', 'description'], alert);
  });
});
