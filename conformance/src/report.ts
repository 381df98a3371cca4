/** What a run showed, as text and as JSON. The capability table of the docs is made from it. */
import type { Need } from './case.js';
import type { Harness } from './harness.js';
import type { PortName } from './port.js';

export type CaseStatus = 'passed' | 'failed' | 'skipped';

export interface CaseOutcome {
  readonly status: CaseStatus;
  readonly durationMs: number;
  readonly error?: string;
  /** Why its first try failed, where it was given a second one. */
  readonly firstError?: string;
}

export interface PlannedCase {
  readonly port: PortName;
  readonly id: string;
  readonly title: string;
  /** What the case needs beyond the port's minimum. */
  readonly needs: readonly Need[];
  /** Why it is skipped; empty where it runs. */
  readonly lacking: readonly string[];
  /** Once it ran. */
  result?: CaseOutcome;
}

/** A case that was run, or skipped by name. */
export type CaseResult = Omit<PlannedCase, 'result'> & CaseOutcome;

export type Counts = Readonly<Record<CaseStatus, number>>;

function count(results: readonly CaseResult[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status } of results) counts[status]++;
  return counts;
}

/** Failed where a case of it failed; skipped where none could run. */
export function rowStatus(results: readonly CaseResult[]): CaseStatus {
  if (results.some(({ status }) => status === 'failed')) return 'failed';
  return results.some(({ status }) => status === 'passed') ? 'passed' : 'skipped';
}

function groupBy<K, T>(items: readonly T[], keysOf: (item: T) => readonly K[]): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
  }
  return groups;
}

const phrase = ({ passed, failed, skipped }: Counts) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

export class Report {
  readonly adapter: string;
  readonly clock: Harness['clock'];
  readonly seed: number;
  readonly versions: Readonly<Record<string, string>>;
  /** What the backend promises, by port. */
  readonly capabilities: Readonly<Partial<Record<PortName, object>>>;

  readonly #planned: PlannedCase[] = [];

  constructor(parts: Pick<Report, 'adapter' | 'clock' | 'seed' | 'versions' | 'capabilities'>) {
    this.adapter = parts.adapter;
    this.clock = parts.clock;
    this.seed = parts.seed;
    this.versions = parts.versions;
    this.capabilities = parts.capabilities;
  }

  /** In the order of the catalogue, whatever runs first. */
  plan(planned: PlannedCase): PlannedCase {
    this.#planned.push(planned);
    return planned;
  }

  /** What is known by now. */
  get results(): readonly CaseResult[] {
    return this.#planned.flatMap(({ result, ...planned }) => {
      if (planned.lacking.length > 0) return [{ ...planned, status: 'skipped' as const, durationMs: 0 }];
      return result === undefined ? [] : [{ ...planned, ...result }];
    });
  }

  get counts(): Counts {
    return count(this.results);
  }

  toJSON(): object {
    return {
      adapter: this.adapter,
      versions: this.versions,
      clock: this.clock,
      seed: this.seed,
      capabilities: this.capabilities,
      counts: this.counts,
      ports: [...this.#byPort()].map(([port, results]) => ({
        port,
        counts: count(results),
        needs: Object.fromEntries([...byNeed(results)].map(([need, concerned]) => [need, count(concerned)])),
        rows: [...byRow(results)].map(([id, cases]) => ({
          id,
          status: rowStatus(cases),
          durationMs: cases.reduce((sum, { durationMs }) => sum + durationMs, 0),
          cases: cases.map(({ port: _port, id: _id, ...rest }) => rest),
        })),
      })),
    };
  }

  toString(): string {
    const versions = Object.entries(this.versions).map(([name, version]) => `${name} ${version}`);
    const lines = [`${this.adapter} (${versions.join(', ')}), ${this.clock} clock, seed ${this.seed}: ${phrase(this.counts)}`];
    for (const [port, results] of this.#byPort()) {
      lines.push(`  ${port}: ${phrase(count(results))}`);
      for (const [need, concerned] of byNeed(results)) lines.push(`    ${need}: ${phrase(count(concerned))}`);
      for (const { id, title, lacking } of results.filter(({ status }) => status === 'skipped')) {
        lines.push(`    skipped ${id} ${title}: the backend lacks ${lacking.join(', ')}`);
      }
      for (const { id, title, status, firstError } of results.filter((result) => result.firstError !== undefined)) {
        lines.push(`    ${status} at the second try ${id} ${title}: ${firstError?.split('\n', 1)[0]}`);
      }
    }
    return lines.join('\n');
  }

  #byPort(): Map<PortName, CaseResult[]> {
    return groupBy(this.results, ({ port }) => [port]);
  }
}

function byNeed(results: readonly CaseResult[]): Map<Need, CaseResult[]> {
  return groupBy(results, ({ needs }) => needs);
}

function byRow(results: readonly CaseResult[]): Map<string, CaseResult[]> {
  return groupBy(results, ({ id }) => [id]);
}
