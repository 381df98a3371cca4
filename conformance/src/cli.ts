#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { defineFaults } from './faults/define.js';
import { defineFuzz, type FuzzOptions } from './fuzz/define.js';
import { loadHarness, ownHarnesses } from './load-harness.js';
import { createMochaRunner, runMocha } from './mocha-runner.js';
import { definePlanted } from './planted/run.js';
import { defineSimulation } from './simulation/define.js';
import { type ConformanceOptions, defineConformance, type Runner } from './suite.js';

const usage = `Runs the conformance suite against a backend.

  npm run conformance -- --adapter NAME [--grep TEXT] [--report FILE] [--seed N]
  npm run conformance -- --planted [--adapter NAME] [--grep TEXT]
  npm run conformance -- --simulation [--seeds N | --seed N] [--grep TEXT]
  npm run conformance -- --faults [--adapter redis|bullmq|nats] [--grep TEXT] [--seed N] [--long]
  npm run conformance -- --fuzz --adapter NAME [--grep TEXT] [--seed N] [--runs N]

  --adapter NAME   one of ${ownHarnesses.join(', ')}; a package or a ./path that exports \`harness\`;
                   a short NAME is @quayside/NAME/conformance. Default memory
  --grep TEXT      only cases (or planted bugs) whose id and title match this regular expression
  --report FILE    writes the report as JSON
  --seed N         repeats a run's random choices
  --concurrency N  cases at a time; default 1 on a test clock, 4 on a server's
  --second-try     on a server's clock runs a failed case once more; the report names it
  --planted        plants known bugs in the backend, and fails where the suite does not notice one
  --simulation     plays the engines in bad weather on a test clock; with --seed one run, and tells all of it
  --seeds N        with --simulation: so many runs of each port; default 300
  --faults         kills, freezes and cuts off real processes and servers, and takes account of every message
  --long           with --faults: the sizes of a stress run
  --fuzz           puts hostile values into every argument, option and config key
  --runs N         with --fuzz: random runs at each place; default 1
  --reporter NAME  a mocha reporter; default spec`;

const { values } = parseArgs({
  options: {
    adapter: { type: 'string' },
    grep: { type: 'string' },
    report: { type: 'string' },
    seed: { type: 'string' },
    concurrency: { type: 'string' },
    planted: { type: 'boolean', default: false },
    simulation: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    faults: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    fuzz: { type: 'boolean', default: false },
    runs: { type: 'string' },
    'second-try': { type: 'boolean', default: false },
    reporter: { type: 'string', default: 'spec' },
    help: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1, not '${text}'`);
  return value;
}

type Options = ConformanceOptions & FuzzOptions & { readonly grep: string | undefined };

async function define(runner: Runner, options: Options): Promise<object> {
  if (values.simulation) return defineSimulation(runner, { ...options, seeds: wholeNumber('seeds', values.seeds) });
  if (values.faults) return defineFaults(runner, { ...options, backend: values.adapter, isLong: values.long });
  const harness = await loadHarness(values.adapter ?? 'memory');
  if (values.fuzz) return defineFuzz(harness, runner, options);
  return values.planted ? definePlanted(harness, runner, options) : defineConformance(harness, runner, options);
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const seed = wholeNumber('seed', values.seed);
  const concurrency = wholeNumber('concurrency', values.concurrency);
  // Each case has its own bound, and says what it waited for.
  const mocha = new Mocha({ timeout: 0, reporter: values.reporter });
  const runner = createMochaRunner(mocha);
  const options = { grep: values.grep, seed, concurrency, secondTry: values['second-try'] };
  const runs = wholeNumber('runs', values.runs);
  const report = await define(runner, { ...options, runs });
  const failures = await runMocha(mocha);
  console.log(`${report}\n`);
  if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify(report, undefined, 2)}\n`);
  return failures === 0 ? 0 : 1;
}

process.exit(await main());
