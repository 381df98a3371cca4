import type { ScheduleCancelOutcome } from '@quayside/core';
import type { ScheduleStep } from './steps.js';

export interface ModelRun {
  readonly id: string;
  readonly due: number;
  readonly payload: number;
}

interface ModelSchedule {
  payload: number;
  state: 'scheduled' | 'paused' | 'completed' | 'cancelled';
  /** Absent: it runs once. */
  periodMs: number | undefined;
  until: number | undefined;
  /** From where the periods count. */
  anchor: number;
  due: number;
  last: number | undefined;
}

/** What a step answers. */
export type ModelAnswer = 'done' | 'refused' | boolean | ScheduleCancelOutcome;

/** The scheduler as a sentence or two for each call, for handlers that take no time and workers that are always there. */
export class ScheduleModel {
  readonly runs: ModelRun[] = [];
  cancelled = 0;
  #now: number;
  readonly #schedules = new Map<string, ModelSchedule>();

  constructor(now: number) {
    this.#now = now;
  }

  apply(step: ScheduleStep): ModelAnswer {
    const answer = this.#apply(step);
    this.#runDue(this.#now);
    return answer;
  }

  /** What can be read of each schedule. */
  views(): Readonly<Record<string, object>> {
    return Object.fromEntries(
      [...this.#schedules].map(([id, { state, payload, due, last }]) => [
        id,
        {
          status: state === 'paused' ? 'scheduled' : state,
          isPaused: state === 'paused',
          payload,
          nextRun: state === 'scheduled' ? due : undefined,
          lastRun: last,
        },
      ]),
    );
  }

  get waiting(): number {
    return [...this.#schedules.values()].filter(({ state }) => state === 'scheduled').length;
  }

  #apply(step: ScheduleStep): ModelAnswer {
    if (step.do === 'advance') {
      this.#runDue(this.#now + step.ms);
      this.#now += step.ms;
      return 'done';
    }
    const schedule = this.#schedules.get(step.id);
    if (step.do === 'once' || step.do === 'every') return this.#define(step, schedule);
    if (step.do === 'cancel') return this.#cancel(schedule);
    if (schedule === undefined || !isOpen(schedule)) return false;
    if (step.do === 'update') return this.#update(step, schedule);
    if (step.do === 'pause') schedule.state = 'paused';
    else if (schedule.state === 'paused') this.#resume(schedule);
    return true;
  }

  #define(step: Extract<ScheduleStep, { do: 'once' | 'every' }>, standing: ModelSchedule | undefined): ModelAnswer {
    const periodMs = step.do === 'every' ? step.periodMs : undefined;
    const until = step.do === 'every' && step.periods !== undefined ? this.#now + step.periods * step.periodMs : undefined;
    if (standing !== undefined && standing.state !== 'cancelled') {
      const onConflict = step.onConflict ?? (step.do === 'every' ? 'replace' : 'reject');
      if (onConflict === 'ignore') return 'done';
      if (onConflict === 'reject') return 'refused';
      const isSame =
        periodMs !== undefined && periodMs === standing.periodMs && until === standing.until && step.payload === standing.payload;
      if (isSame && isOpen(standing)) return 'done';
    }
    const isPaused = standing?.state === 'paused';
    const due = step.do === 'once' ? this.#now + step.delayMs : this.#dueUnder(step.periodMs, until, standing);
    if (due === undefined) return 'refused';
    const keepsPhase = standing !== undefined && isOpen(standing) && periodMs !== undefined && periodMs === standing.periodMs;
    this.#schedules.set(step.id, {
      payload: step.payload,
      state: isPaused ? 'paused' : 'scheduled',
      periodMs,
      until,
      anchor: keepsPhase ? standing.anchor : this.#now,
      due,
      last: standing?.last,
    });
    return 'done';
  }

  #update({ periodMs, payload }: Extract<ScheduleStep, { do: 'update' }>, schedule: ModelSchedule): ModelAnswer {
    if (schedule.periodMs === undefined) return false;
    const due = this.#dueUnder(periodMs ?? schedule.periodMs, schedule.until, schedule);
    if (due === undefined) return 'refused';
    if (periodMs !== undefined && periodMs !== schedule.periodMs) Object.assign(schedule, { periodMs, anchor: this.#now });
    schedule.payload = payload ?? schedule.payload;
    schedule.due = due;
    return true;
  }

  /** When it is due under a period: as before where it has that period already, else one period from now. */
  #dueUnder(periodMs: number, until: number | undefined, standing: ModelSchedule | undefined): number | undefined {
    const isSame = standing !== undefined && isOpen(standing) && standing.periodMs === periodMs;
    const fits = (due: number) => until === undefined || due <= until;
    if (isSame && fits(standing.due)) return standing.due;
    const due = nextOf(isSame ? standing.anchor : this.#now, periodMs, this.#now, standing?.last);
    return fits(due) ? due : undefined;
  }

  #cancel(schedule: ModelSchedule | undefined): ScheduleCancelOutcome {
    if (schedule === undefined) return 'not-found';
    if (schedule.state === 'completed') return 'finished';
    if (schedule.state === 'scheduled') this.cancelled++;
    schedule.state = 'cancelled';
    return 'cancelled';
  }

  #resume(schedule: ModelSchedule): void {
    schedule.state = 'scheduled';
    if (schedule.periodMs === undefined) return;
    schedule.due = nextOf(schedule.anchor, schedule.periodMs, this.#now, schedule.last);
    if (schedule.until !== undefined && schedule.due > schedule.until) schedule.state = 'completed';
  }

  #runDue(end: number): void {
    for (;;) {
      const [first] = [...this.#schedules]
        .filter(([, { state, due }]) => state === 'scheduled' && due <= end)
        .toSorted(([, one], [, other]) => one.due - other.due);
      if (first === undefined) return;
      const [id, schedule] = first;
      const { due, periodMs, until } = schedule;
      this.runs.push({ id, due, payload: schedule.payload });
      schedule.last = due;
      if (periodMs === undefined || (until !== undefined && due + periodMs > until)) schedule.state = 'completed';
      else schedule.due = due + periodMs;
    }
  }
}

function isOpen({ state }: ModelSchedule): boolean {
  return state === 'scheduled' || state === 'paused';
}

/** The first time of a period from now on that has not run. */
function nextOf(anchor: number, periodMs: number, now: number, last: number | undefined): number {
  let due = anchor + periodMs;
  while (due < now || (last !== undefined && due <= last)) due += periodMs;
  return due;
}
