#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import Mocha from 'mocha';
import { loadHarness, ownHarnesses } from './load-harness.js';
import { createMochaRunner, runMocha } from './mocha-runner.js';
import { definePlanted } from './planted/run.js';
import { defineConformance } from './suite.js';

const usage = `Runs the conformance suite against a backend.

  npm run conformance -- --adapter NAME [--grep TEXT] [--report FILE] [--seed N]
  npm run conformance -- --planted [--grep TEXT]

  --adapter NAME   one of ${ownHarnesses.join(', ')}; a package or a ./path that exports \`harness\`;
                   a short NAME is @quayside/NAME/conformance. Default memory
  --grep TEXT      only cases (or planted bugs) whose id and title match this regular expression
  --report FILE    writes the report as JSON
  --seed N         repeats a run's random choices
  --concurrency N  cases at a time; default 1 on a test clock, 4 on a server's
  --second-try     on a server's clock runs a failed case once more; the report names it
  --planted        plants known bugs in the memory backend, and fails where the suite does not notice one
  --reporter NAME  a mocha reporter; default spec`;

const { values } = parseArgs({
  options: {
    adapter: { type: 'string', default: 'memory' },
    grep: { type: 'string' },
    report: { type: 'string' },
    seed: { type: 'string' },
    concurrency: { type: 'string' },
    planted: { type: 'boolean', default: false },
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

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const seed = wholeNumber('seed', values.seed);
  const concurrency = wholeNumber('concurrency', values.concurrency);
  const harness = await loadHarness(values.adapter);
  // Each case has its own bound, and says what it waited for.
  const mocha = new Mocha({ timeout: 0, reporter: values.reporter });
  const runner = createMochaRunner(mocha);
  const options = { grep: values.grep, seed, concurrency, secondTry: values['second-try'] };
  const report = values.planted ? definePlanted(harness, runner, options) : await defineConformance(harness, runner, options);
  const failures = await runMocha(mocha);
  console.log(`${report}\n`);
  if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify(report, undefined, 2)}\n`);
  return failures === 0 ? 0 : 1;
}

process.exit(await main());
