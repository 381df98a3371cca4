import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bullmqScenarios } from './bullmq.js';
import { dispatcherSurveys } from './dispatcher.js';
import { eventBusScenarios } from './event-bus.js';
import { type Row, runScenario, type Scenario, type Survey } from './measure.js';
import { footprintScenarios } from './memory-footprint.js';
import { memoryQueueScenarios } from './memory-queue.js';
import { natsScenarios } from './nats.js';
import { redisPubSubScenarios } from './redis/pubsub-scenarios.js';
import { redisQueueScenarios, redisQueueSurveys } from './redis/queue-scenarios.js';
import { stopSharedServers } from './redis/shared-server.js';
import { schedulerSurveys } from './scheduler.js';

const scenarios: readonly Scenario[] = [
  ...memoryQueueScenarios,
  ...footprintScenarios,
  ...eventBusScenarios,
  ...redisQueueScenarios,
  ...redisPubSubScenarios,
  ...bullmqScenarios,
  ...natsScenarios,
];
const surveys: readonly Survey[] = [...schedulerSurveys, ...dispatcherSurveys, ...redisQueueSurveys];

/** A figure without a peer, in the same form. */
interface FigureRow {
  readonly scenario: string;
  readonly subject: string;
  readonly peer: null;
  readonly ours: number;
  readonly theirs: null;
  readonly ratio: null;
  readonly unit: string;
  readonly rounds: number;
}

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const isChosen = ({ name }: { readonly name: string }) => values.only === undefined || name.includes(values.only);
const chosen = scenarios.filter(isChosen);
const chosenSurveys = surveys.filter(isChosen);
if (chosen.length + chosenSurveys.length === 0) {
  const names = [...scenarios, ...surveys].map(({ name }) => name).join(', ');
  console.error(`no scenario matches ${JSON.stringify(values.only)}; there are: ${names}`);
  process.exit(2);
}

const rows: (Row | FigureRow)[] = [];
for (const scenario of chosen) {
  console.log(`\n${scenario.name} (${scenario.unit}, ${scenario.better} is better)`);
  for (const row of await runScenario(scenario)) {
    rows.push(row);
    console.log(
      `  ${show(row.ours, row.oursRange)}   against ${row.peer}: ${show(row.theirs, row.theirsRange)}   ratio ${row.ratio.toFixed(2)}`,
    );
  }
}
for (const survey of chosenSurveys) {
  console.log(`\n${survey.name}`);
  for (const { subject, value, unit } of await survey.measure()) {
    rows.push({ scenario: survey.name, subject, peer: null, ours: value, theirs: null, ratio: null, unit, rounds: 1 });
    console.log(`  ${subject}: ${value.toLocaleString('en-US', { maximumFractionDigits: 2 })} ${unit}`);
  }
}
await stopSharedServers();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);

function show(median: number, [least, most]: readonly [number, number]): string {
  const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 });
  return `${number(median)} (${number(least)} to ${number(most)})`;
}
