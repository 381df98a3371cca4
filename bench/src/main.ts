import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { eventBusScenarios } from './event-bus.js';
import { type Row, runScenario, type Scenario } from './measure.js';
import { footprintScenarios } from './memory-footprint.js';
import { memoryQueueScenarios } from './memory-queue.js';

const scenarios: readonly Scenario[] = [...memoryQueueScenarios, ...footprintScenarios, ...eventBusScenarios];

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const chosen = scenarios.filter(({ name }) => values.only === undefined || name.includes(values.only));
if (chosen.length === 0) {
  console.error(`no scenario matches ${JSON.stringify(values.only)}; there are: ${scenarios.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const rows: Row[] = [];
for (const scenario of chosen) {
  console.log(`\n${scenario.name} (${scenario.unit}, ${scenario.better} is better)`);
  for (const row of await runScenario(scenario)) {
    rows.push(row);
    console.log(
      `  ${show(row.ours, row.oursRange)}   against ${row.peer}: ${show(row.theirs, row.theirsRange)}   ratio ${row.ratio.toFixed(2)}`,
    );
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);

function show(median: number, [least, most]: readonly [number, number]): string {
  const number = (value: number) => Math.round(value).toLocaleString('en-US');
  return `${number(median)} (${number(least)} to ${number(most)})`;
}
