#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { stressBackends } from './part.js';
import { stressParts } from './parts.js';
import { runStress } from './run.js';

const names = stressParts.map(({ name }) => name);
const usage = `Loads the backends for long, and looks whether every promise holds.

  npm run stress [-- --minutes 10] [--only ${names.join('|')}] [--adapter ${stressBackends.join('|')}] [--seed N] [--report FILE]

  --minutes N      how long a part loads that knows no other end (soak, simulation); default 10
  --only NAME      one part; several are separated by commas
  --adapter NAME   only on this backend
  --seed N         repeats a run's random choices
  --short          the sizes of a test that takes seconds
  --report FILE    writes the report as JSON

${stressParts.map(({ name, title, backends }) => `  ${name.padEnd(12)} ${title} (${backends.join(', ')})`).join('\n')}`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    only: { type: 'string' },
    adapter: { type: 'string' },
    seed: { type: 'string' },
    short: { type: 'boolean', default: false },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((name) => name === text);
  if (found === undefined) throw new Error(`--${option} takes ${allowed.join(', ')}, not '${text}'`);
  return found;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`--${option} takes a number above 0, not '${text}'`);
  return value;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const only = values.only?.split(',').map((text) => oneOf('only', text, names));
  const report = await runStress({
    parts: stressParts.filter(({ name }) => only === undefined || only.includes(name)),
    backend: values.adapter === undefined ? undefined : oneOf('adapter', values.adapter, stressBackends),
    isShort: values.short,
    durationMs: positive('minutes', values.minutes) * 60_000,
    seed: values.seed === undefined ? undefined : positive('seed', values.seed),
    tell: (line) => console.log(line),
  });
  console.log(`\n${report}`);
  if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify(report, undefined, 2)}\n`);
  return report.isWhole ? 0 : 1;
}

process.exit(await main());
