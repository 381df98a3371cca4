import { type Backend, silentLogger, systemClock, TestClock, withDeadline } from '@quayside/core';
import { lackingNeeds, type Need } from './case.js';
import type { Harness } from './harness.js';
import type { Port, PortCase } from './port.js';
import { seedFor } from './random.js';
import { Scope } from './scope.js';

export interface RunOptions {
  /** Of the whole run; each case draws its own from it. */
  readonly seed: number;
  /** Real time after which a condition that does not hold is a failure. Default 5 s. */
  readonly patienceMs?: number;
  /** Real time that a case may take, where it names none itself. Default 10 s. */
  readonly caseTimeoutMs?: number;
}

/** Opens the backend once and reads what it promises for each port; `undefined` where it lacks the port. */
export async function readCapabilities(harness: Harness, ports: readonly Port[]): Promise<ReadonlyMap<Port, object | undefined>> {
  const clock = harness.clock === 'test' ? new TestClock() : systemClock;
  const backend: Backend = await harness.open({ clock, logger: silentLogger, namespace: 'conformance-probe' });
  try {
    return new Map(ports.map((port) => [port, port.capabilities(backend)]));
  } finally {
    await backend.close();
  }
}

/** Why a case can't run on this backend; empty where it can. */
export function findLacking(row: PortCase, harness: Harness, capabilities: object | undefined): readonly (Need | 'the port')[] {
  return capabilities === undefined ? ['the port'] : lackingNeeds(row.needs ?? [], harness, capabilities);
}

/** Runs one case in a namespace of its own, within its bound. Rejects where it fails, or leaves something behind. */
export async function runCase(harness: Harness, row: PortCase, options: RunOptions): Promise<void> {
  const { seed, patienceMs = 5_000, caseTimeoutMs = 10_000 } = options;
  const boundMs = row.timeoutMs ?? caseTimeoutMs;
  const scope = new Scope(harness, { row: row.id, seed: seedFor(seed, `${row.id} ${row.title}`), patienceMs });
  const tooLate = () => {
    const waiting = scope.waitsFor === undefined ? '' : `; it waits for: ${scope.waitsFor}`;
    return new Error(`${row.id} did not end within ${boundMs} ms${waiting}`);
  };
  try {
    await withDeadline(systemClock, row.run(scope), boundMs, tooLate);
  } catch (error) {
    // What can't be cleaned up after a failure is its consequence: the failure itself is what counts.
    await scope.end().catch(() => undefined);
    throw error;
  }
  await scope.end();
}
