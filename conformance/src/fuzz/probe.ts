/** Puts hostile values at one place of a call, neighbours before, between and after them. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { type Duration, QuaysideError } from '@quayside/core';
import type { Hostile } from './hostile.js';
import { type Answer, complaintAbout, describe } from './oracle.js';
import type { FuzzStage } from './stage.js';
import { type AnyTable, argumentsWith, type FuzzPlace, type FuzzRow } from './table.js';

export interface Probe {
  readonly table: AnyTable;
  readonly method: PropertyKey;
  readonly row: FuzzRow;
  readonly place: FuzzPlace;
}

/** No call of a port may take longer: ten seconds for schedules, and a second for what is under way. */
const boundOfCalls: Duration = '12s';
const boundOfNeighbours: Duration = '10s';

/** All of them in one turn, so that they travel with their neighbours. Answers what was wrong, a line each. */
export async function findComplaints(stage: FuzzStage, probe: Probe, values: readonly Hostile[]): Promise<readonly string[]> {
  const { table, method, row, place } = probe;
  const subjects: object[] = [];
  for (const _ of values) subjects.push(await table.open(stage));
  const isRefusing = values.every((value) => !place.slot.takes(value.make()));
  const before = isRefusing ? await restingFigures(stage) : undefined;
  const areNeighboursSafe = isRefusing || row.isEnding !== true;
  const marks: Promise<Answer>[] = [];
  const mark = () => {
    if (areNeighboursSafe) marks.push(attempt(() => stage.mark()));
  };
  const calls: Promise<Answer>[] = [];
  for (const [index, value] of values.entries()) {
    mark();
    const subject = subjects[index] ?? assert.fail();
    calls.push(attempt(() => invoke(subject, method, argumentsWith(row, place, value.make()))));
  }
  mark();
  const answers = await answersOf(stage, calls);
  const complaints = values.flatMap((value, index) => {
    const complaint = complaintAbout(answers[index] ?? { status: 'hangs' }, place, value.make(), row.alsoRejects);
    return complaint === undefined ? [] : [`${value.name} ${complaint}`];
  });
  if (areNeighboursSafe) complaints.push(...(await lostNeighbours(stage, marks)));
  if (before !== undefined && complaints.length === 0) complaints.push(...(await traces(stage, before, marks.length)));
  if (place.slot.reachesHandler === true && complaints.length === 0) complaints.push(...(await changedPayloads(stage, values, answers)));
  for (const reason of await stage.outbreaks.settled()) complaints.push(`nobody caught ${describe(reason)}`);
  return complaints;
}

/** The call with nothing but its samples. Rejects where it is not taken. */
export async function invokeSound(stage: FuzzStage, table: AnyTable, method: PropertyKey, row: FuzzRow): Promise<void> {
  const subject = await table.open(stage);
  const call = attempt(() => invoke(subject, method, argumentsWith(row, undefined, undefined)));
  const [answer] = await answersOf(stage, [call]);
  assert.notEqual(answer?.status, 'hangs');
  if (answer?.status === 'refused' && !isAmong(row.alsoRejects, answer.error)) throw answer.error;
}

function isAmong(codes: readonly string[] | undefined, error: unknown): boolean {
  return error instanceof QuaysideError && codes?.includes(error.code) === true;
}

function invoke(subject: object, method: PropertyKey, args: readonly unknown[]): unknown {
  const call: unknown = Reflect.get(subject, method);
  assert.ok(typeof call === 'function', `${String(method)} is no method`);
  return Reflect.apply(call, subject, args);
}

async function attempt(call: () => unknown): Promise<Answer> {
  try {
    return { status: 'taken', value: await call() };
  } catch (error) {
    return { status: 'refused', error };
  }
}

async function answersOf(stage: FuzzStage, calls: readonly Promise<Answer>[]): Promise<readonly Answer[]> {
  const answers = new Map<number, Answer>();
  for (const [index, call] of calls.entries()) void call.then((answer) => answers.set(index, answer));
  await stage.within(boundOfCalls, () => answers.size === calls.length, 'the calls settle').catch(() => undefined);
  return calls.map((_, index) => answers.get(index) ?? { status: 'hangs' });
}

async function lostNeighbours(stage: FuzzStage, marks: readonly Promise<Answer>[]): Promise<readonly string[]> {
  const answers = await answersOf(stage, marks);
  const lost = answers.filter(({ status }) => status === 'hangs').length;
  const refused = answers.flatMap((answer) => (answer.status === 'refused' ? [`a neighbour was refused: ${describe(answer.error)}`] : []));
  return lost === 0 ? refused : [...refused, `${lost} of ${marks.length} neighbours did not arrive`];
}

/** When what the markers left under way has been settled. */
async function restingFigures(stage: FuzzStage): Promise<object> {
  let figures = await stage.figures();
  for (;;) {
    // On a server's clock what is under way takes its time.
    await (stage.isTimeExact ? stage.settle() : stage.advance('50ms'));
    const later = await stage.figures();
    if (isDeepStrictEqual(later, figures)) return figures;
    figures = later;
  }
}

/** What differs from before when all that the markers left under way is settled. */
async function traces(stage: FuzzStage, before: object, marks: number): Promise<readonly string[]> {
  let found: readonly string[] = [];
  const areNone = async () => {
    found = changedFigures(before, await stage.figures(), marks);
    return found.length === 0;
  };
  await stage.eventually(areNone, 'no trace of a refusal').catch(() => undefined);
  return found;
}

/** A refused call leaves no trace: whatever differs is the markers', each of which counts once or not at all. */
function changedFigures(before: object, after: object, marks: number): readonly string[] {
  return Object.entries(after).flatMap(([key, value]: [string, unknown]) => {
    const earlier: unknown = Reflect.get(before, key);
    if (typeof value === 'number' && typeof earlier === 'number') {
      return value === earlier || value === earlier + marks ? [] : [`${key} went from ${earlier} to ${value} by ${marks} neighbours`];
    }
    return typeof value === 'object' && value !== null ? changedFigures(earlier as object, value, marks) : [];
  });
}

/** What was taken reaches the handler, and says the same. */
async function changedPayloads(stage: FuzzStage, values: readonly Hostile[], answers: readonly Answer[]): Promise<readonly string[]> {
  const taken = values.filter((_, index) => answers[index]?.status === 'taken');
  const expected = taken.map((value) => JSON.stringify(value.make())).sort();
  const arrived = () => stage.arrived.map((value) => JSON.stringify(value)).sort();
  await stage.within(boundOfNeighbours, () => isDeepStrictEqual(arrived(), expected), 'payloads').catch(() => undefined);
  const came = arrived();
  stage.arrived.length = 0;
  if (isDeepStrictEqual(came, expected)) return [];
  const missing = taken.filter((value) => !came.includes(JSON.stringify(value.make())));
  return [`of ${expected.length} payloads ${came.length} arrived, not as they were: ${missing.map(({ name }) => name).join(', ')}`];
}
