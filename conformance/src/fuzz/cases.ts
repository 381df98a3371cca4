/** The table as cases, one for each place where a value can be put. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PortCase } from '../port.js';
import { seedFor } from '../random.js';
import type { Scope } from '../scope.js';
import { configCases } from './config.js';
import { envelopeCases } from './envelopes.js';
import { handlerCases } from './handlers.js';
import { type Hostile, hostileValues } from './hostile.js';
import { findComplaints, invokeSound, type Probe } from './probe.js';
import { FuzzStage, type PortName } from './stage.js';
import { type AnyTable, type FuzzRow, methodsOf, placesOf } from './table.js';
import { fuzzTables } from './tables.js';

export interface FuzzCase extends PortCase {
  readonly port: PortName;
}

export interface FuzzAmount {
  readonly seed: number;
  readonly runs: number;
}

export function fuzzCases(amount: FuzzAmount): readonly FuzzCase[] {
  return [
    ...fuzzTables.flatMap((table) => [completenessOf(table), ...casesOf(table, amount)]),
    ...handlerCases,
    ...envelopeCases(amount),
    ...configCases(),
  ];
}

function completenessOf(table: AnyTable): FuzzCase {
  return {
    id: table.subject,
    title: 'has a row for every method',
    port: table.port,
    async run(scope) {
      const subject = await table.open(await FuzzStage.open(scope, table.port));
      assert.deepEqual(namesOf(methodsOf(subject)), namesOf([...Reflect.ownKeys(table.methods), ...(table.inner ?? [])]));
    },
  };
}

function namesOf(keys: readonly PropertyKey[]): readonly string[] {
  return keys.map(String).sort();
}

function casesOf(table: AnyTable, amount: FuzzAmount): readonly FuzzCase[] {
  return Reflect.ownKeys(table.methods).flatMap((method) => {
    const row = table.methods[method];
    if (row === undefined) return [];
    const id = `${table.subject}.${typeof method === 'symbol' ? 'dispose' : method.toString()}`;
    const places = placesOf(row).map((place): FuzzCase => {
      const probe = { table, method, row, place };
      return { id, title: place.path.join('.'), port: table.port, run: (scope) => tryPlace(scope, probe, amount) };
    });
    return [{ id, title: 'as it is meant', port: table.port, run: (scope) => callSound(scope, table, method, row) }, ...places];
  });
}

/** The samples themselves are good: else a refusal of what stands in their place would prove nothing. */
async function callSound(scope: Scope, table: AnyTable, method: PropertyKey, row: FuzzRow): Promise<void> {
  const stage = await FuzzStage.open(scope, table.port);
  await invokeSound(stage, table, method, row);
}

async function tryPlace(scope: Scope, probe: Probe, { seed, runs }: FuzzAmount): Promise<void> {
  const stages = new Stages(scope, probe);
  await tryValues(stages, probe, hostileValues);
  const property = fc.asyncProperty(fc.array(anyValue, { minLength: 1, maxLength: 10 }), (values) => tryValues(stages, probe, values));
  await fc.assert(property, { seed: seedFor(seed, `${String(probe.method)} ${probe.place.path.join('.')}`), numRuns: runs });
}

/** One stage for all values of a place, until one of them ends it. */
class Stages {
  readonly #scope: Scope;
  readonly #probe: Probe;
  #stage: FuzzStage | undefined;

  constructor(scope: Scope, probe: Probe) {
    this.#scope = scope;
    this.#probe = probe;
  }

  async complaints(values: readonly Hostile[], isEnding: boolean): Promise<readonly string[]> {
    if (values.length === 0) return [];
    this.#stage ??= await FuzzStage.open(this.#scope, this.#probe.table.port);
    const complaints = await findComplaints(this.#stage, this.#probe, values);
    if (isEnding || complaints.length > 0) await this.#end();
    return complaints;
  }

  async #end(): Promise<void> {
    await this.#stage?.end();
    this.#stage = undefined;
  }
}

const anyValue: fc.Arbitrary<Hostile> = fc
  .anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  })
  .map((value) => ({ name: fc.stringify(value).slice(0, 200), make: () => value }));

/** More of them say the same. */
const mostComplaints = 12;

/** Those that must be refused together; those that may be taken too, unless each of them ends the stage. */
async function tryValues(stages: Stages, { place, row }: Probe, values: readonly Hostile[]): Promise<void> {
  const { slot } = place;
  const tried = values.filter((value) => slot.leavesOut?.(value.make()) !== true);
  const taken = tried.filter((value) => slot.takes(value.make()));
  const refused = tried.filter((value) => !slot.takes(value.make()));
  const complaints = [...(await stages.complaints(refused, false))];
  const rounds = row.isEnding === true ? taken.map((value) => [value]) : [taken];
  for (const round of rounds) complaints.push(...(await stages.complaints(round, row.isEnding === true)));
  if (complaints.length > 0) throw new Error(['', ...complaints.slice(0, mostComplaints)].join('\n      '));
}
