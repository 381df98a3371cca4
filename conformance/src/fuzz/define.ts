import assert from 'node:assert/strict';
import { type Backend, silentLogger, systemClock, TestClock } from '@quayside/core';
import type { Harness } from '../harness.js';
import { runCase } from '../run.js';
import type { Runner } from '../suite.js';
import { type FuzzCase, fuzzCases } from './cases.js';
import type { PortName } from './stage.js';

export interface FuzzOptions {
  /** The places whose title matches. */
  readonly grep?: string | RegExp;
  readonly seed?: number;
  /** Random runs at each place, of up to ten values each, beside the table of hostile values. Default 1. */
  readonly runs?: number;
}

export class FuzzReport {
  readonly adapter: string;
  readonly seed: number;
  readonly places: number;

  constructor(adapter: string, seed: number, places: number) {
    this.adapter = adapter;
    this.seed = seed;
    this.places = places;
  }

  toString(): string {
    return `${this.places} places of ${this.adapter} given bad input; the same again with --seed ${this.seed}`;
  }
}

/** Real time that all values at one place may take. */
const boundMs = 60_000;

/**
 * Defines a test for each argument and each option of every public call, and for each key of the config: whatever is put there, the call
 * answers with a typed error that names it, or rightly; it never hangs, ends the process, harms a neighbour or leaves a trace of a refusal.
 * Answers what was run, and by which seed.
 */
export async function defineFuzz(harness: Harness, runner: Runner, options: FuzzOptions = {}): Promise<FuzzReport> {
  const { seed = Math.floor(Math.random() * 2 ** 31), runs = 1 } = options;
  const grep = options.grep === undefined ? undefined : new RegExp(options.grep);
  const offered = await offeredPorts(harness);
  const cases = fuzzCases({ seed, runs }).filter(({ id, title }) => grep === undefined || grep.test(`${id} ${title}`));
  runner.describe(`bad input to ${harness.name}, seed ${seed}`, () => {
    for (const one of cases) defineCase(harness, runner, one, offered, seed);
    runner.after(async () => harness.close?.());
  });
  return new FuzzReport(harness.name, seed, cases.length);
}

function defineCase(harness: Harness, runner: Runner, one: FuzzCase, offered: ReadonlySet<PortName>, seed: number): void {
  const title = `${one.id} ${one.title}`;
  if (!offered.has(one.port)) runner.it.skip(`${title} [lacks the port]`, async () => {});
  else runner.it(title, () => runCase(harness, one, { seed, caseTimeoutMs: boundMs }));
}

/** What the harness's backend can stand behind. */
async function offeredPorts(harness: Harness): Promise<ReadonlySet<PortName>> {
  const clock = harness.clock === 'test' ? new TestClock() : systemClock;
  const backend: Backend = await harness.open({ clock, logger: silentLogger, namespace: 'conformance-fuzz-probe' });
  await backend.close();
  const hasQueue = backend.queueStore !== undefined;
  const hasChannels = backend.pubSubTransport !== undefined;
  const hasRecords = backend.recordStore !== undefined;
  const ports: readonly (readonly [PortName, boolean])[] = [
    ['queue', hasQueue],
    ['pubsub', hasChannels],
    ['events', hasChannels],
    ['bus', true],
    ['scheduler', hasQueue && hasRecords],
    ['dispatcher', hasQueue && hasRecords && hasChannels],
    ['manager', true],
  ];
  assert.ok(ports.some(([, isOffered]) => isOffered));
  return new Set(ports.flatMap(([port, isOffered]) => (isOffered ? [port] : [])));
}
