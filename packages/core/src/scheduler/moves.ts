/** The moves of a schedule, as a calculation: what stands, and what happens, give what is written next. */
import { isSameOccurrence, type Occurrence } from './occurrence.js';
import { neverRuns } from './options.js';
import {
  type Definition,
  isFinal,
  isSameRhythm,
  type LastRun,
  type Move,
  type RunningOccurrence,
  type Schedule,
  type ScheduleContent,
} from './record.js';
import { isRepeating, type Rule, toRule } from './rule.js';

/** An occurrence that begins later than this, or not before its successor is due, was missed (Quartz's default misfire threshold). */
const missedAfterMs = 60_000;

/**
 * What becomes of an occurrence that was handed out. Only what the record names runs; `over`: it ran before, and its end is recorded;
 * `stale`: the schedule was changed, paused or cancelled before it began; `outdated`: a later delivery of it runs.
 */
export type Verdict = 'run' | 'missed' | 'over' | 'stale' | 'outdated';

export interface Handed {
  readonly occurrence: Occurrence;
  /** From 1; more where a delivery before this one had started it. */
  readonly attempt: number;
  readonly fence: number;
}

export function judge(schedule: Schedule | undefined, { occurrence, attempt, fence }: Handed, now: number): Verdict {
  if (schedule?.state === 'cancelled') return 'stale';
  const running = schedule && findRunning(schedule, occurrence);
  if (running !== undefined) return running.fence > fence ? 'outdated' : 'run';
  if (schedule?.state !== 'scheduled' || !isSameOccurrence(schedule.current, occurrence)) return attempt > 1 ? 'over' : 'stale';
  return schedule.options.misfire === 'skip' && attempt === 1 && isMissed(schedule, occurrence.due, now) ? 'missed' : 'run';
}

function isMissed(schedule: Schedule, due: number, now: number): boolean {
  const successor = ruleOf(schedule).after(due);
  return now - due > missedAfterMs || (successor !== undefined && successor <= now);
}

/** An occurrence begins, or is begun again. With `overlap` the next one waits from now on. */
export function begun(schedule: Schedule, { occurrence, fence }: Handed, now: number): Move {
  const { due, edition } = occurrence;
  const running = [...withoutRunning(schedule, occurrence), { due, edition, fence }];
  const mayOverlap = schedule.options.overlap === true && isSameOccurrence(schedule.current, occurrence);
  const next = mayOverlap ? following(schedule, due, now, now) : undefined;
  return next === undefined ? { running } : { running, current: { due: next, edition: schedule.edition } };
}

/** A missed occurrence is passed over. */
export function skipped(schedule: Schedule, now: number): Move {
  return towards(schedule, following(schedule, schedule.current.due, now, now));
}

/** An occurrence ended for good. Nothing where that is recorded already, or is another's to say. */
export function ended(schedule: Schedule, { occurrence, fence }: Handed, startedAt: number, now: number, last: LastRun): Move | undefined {
  const running = findRunning(schedule, occurrence);
  const isCurrent = isSameOccurrence(schedule.current, occurrence);
  if (running === undefined ? !isCurrent || schedule.state !== 'scheduled' : running.fence > fence) return undefined;
  const move: Move = { running: withoutRunning(schedule, occurrence), last };
  if (!isCurrent) return move;
  // What the one run of a one-off did stands, also where it was paused or cancelled meanwhile.
  if (!isRepeating(schedule.options)) return { ...move, state: last.outcome };
  return schedule.state === 'scheduled' ? { ...move, ...towards(schedule, following(schedule, occurrence.due, startedAt, now)) } : move;
}

function towards(schedule: Schedule, next: number | undefined): Move {
  return next === undefined ? { state: 'completed' } : { current: { due: next, edition: schedule.edition } };
}

/** What comes after an occurrence that began at `startedAt`: everything missed by then is one run, all of them, or none. */
function following(schedule: Schedule, due: number, startedAt: number, now: number): number | undefined {
  // The rule may have been changed while this one ran: nothing follows from before it was.
  const bound = Math.max(due, schedule.anchor - 1);
  const { misfire = 'once' } = schedule.options;
  if (misfire === 'all') return ruleOf(schedule).after(bound);
  return ruleOf(schedule).after(Math.max(bound, misfire === 'once' ? startedAt : now - 1));
}

/** The first definition under an id. Nothing where it would never run. @param rule that of the definition, as it was checked */
export function created(definition: Definition, edition: string, rule: Rule, now: number): ScheduleContent | undefined {
  const due = firstDue(rule, now, undefined);
  if (due === undefined) return undefined;
  return { ...definition, state: 'scheduled', anchor: now, edition, current: { due, edition }, running: [], last: undefined };
}

/**
 * Another definition in the place of what stands. A running occurrence ends first, by the old one, and its end decides which is next. Where
 * the times are the same, the phase of a period and an occurrence that is overdue are kept. @throws ConfigError where it would never run
 */
export function redefined(schedule: Schedule, definition: Definition, edition: string, now: number): Move {
  const isOpen = !isFinal(schedule.state);
  const isSame = isOpen && isRepeating(definition.options) && isSameRhythm(schedule.options, definition.options);
  const anchor = isSame ? schedule.anchor : now;
  const rule = toRule(definition.options, anchor);
  const due =
    isSame && isWaiting(schedule) && names(rule, schedule.current.due) ? schedule.current.due : firstDue(rule, now, schedule.last);
  const isDecidedByRun = isOpen && hasBegun(schedule) && rule.isRepeating && isRepeating(schedule.options);
  if (due === undefined) throw neverRuns();
  return {
    ...definition,
    state: schedule.state === 'paused' ? 'paused' : 'scheduled',
    anchor,
    edition,
    current: isDecidedByRun ? schedule.current : { due, edition },
    running: isOpen ? schedule.running : [],
  };
}

/** A paused schedule goes on with what is next from now; it is over where nothing is. */
export function resumed(schedule: Schedule, edition: string, now: number): Move {
  if (hasBegun(schedule)) return { state: 'scheduled' };
  const due = isRepeating(schedule.options) ? firstDue(ruleOf(schedule), now, schedule.last) : schedule.current.due;
  return due === undefined ? { state: 'completed' } : { state: 'scheduled', edition, current: { due, edition } };
}

/** Its occurrence was refused, by a schema or a limit, so it can't go on. */
export function refused(schedule: Schedule, error: unknown): Move {
  const message = error instanceof Error ? error.message : String(error);
  return { state: 'failed', last: { due: schedule.current.due, outcome: 'failed', error: message } };
}

/** No time twice: what ran at this very millisecond has run. */
function firstDue(rule: Rule, now: number, last: LastRun | undefined): number | undefined {
  return rule.after(rule.isRepeating ? Math.max(now - 1, last?.due ?? now - 1) : Number.NEGATIVE_INFINITY);
}

function names(rule: Rule, due: number): boolean {
  return rule.after(due - 1) === due;
}

export function ruleOf(schedule: Schedule): Rule {
  return toRule(schedule.options, schedule.anchor);
}

/** Whether an occurrence is to run, or runs: also one that waits for its next attempt. */
export function isPromised(schedule: Schedule, occurrence: Occurrence): boolean {
  const isNext = schedule.state === 'scheduled' && isSameOccurrence(schedule.current, occurrence);
  return isNext || findRunning(schedule, occurrence) !== undefined;
}

/** The occurrence that the schedule names began, and has not ended: its end decides which is next. */
export function hasBegun(schedule: Schedule): boolean {
  return findRunning(schedule, schedule.current) !== undefined;
}

/** The occurrence that the schedule names has neither begun nor ended. */
function isWaiting(schedule: Schedule): boolean {
  return !hasBegun(schedule) && schedule.last?.due !== schedule.current.due;
}

function findRunning(schedule: Schedule, occurrence: Occurrence): RunningOccurrence | undefined {
  return schedule.running.find((running) => isSameOccurrence(running, occurrence));
}

function withoutRunning(schedule: Schedule, occurrence: Occurrence): readonly RunningOccurrence[] {
  return schedule.running.filter((running) => !isSameOccurrence(running, occurrence));
}
