import type { Headers } from '../message/message.js';
import type { ScheduledRun } from '../ports/scheduler.js';

/**
 * One time of a schedule. The edition is that of the definition that asked for it: a change of the schedule makes a new one, so that the
 * same time under the new definition is another occurrence.
 */
export interface Occurrence {
  /** Milliseconds since the epoch. */
  readonly due: number;
  readonly edition: string;
}

export function isSameOccurrence(one: Occurrence, other: Occurrence): boolean {
  return one.due === other.due && one.edition === other.edition;
}

/** The message of an occurrence has an id that says which it is: so it is published once, whoever publishes it, however often. */
export function messageIdOf(scheduleId: string, { due, edition }: Occurrence): string {
  return `${scheduleId}:${due}:${edition}`;
}

/** Leaves room in a message's id (200 characters) for time and edition. */
export const longestScheduleId = 150;

const scheduleHeader = 'quayside-schedule';
const dueHeader = 'quayside-due';
const editionHeader = 'quayside-edition';

export interface ScheduledOccurrence extends Occurrence {
  readonly scheduleId: string;
}

export function headersOf({ scheduleId, due, edition }: ScheduledOccurrence): Headers {
  return { [scheduleHeader]: scheduleId, [dueHeader]: String(due), [editionHeader]: edition };
}

/** What a message runs; nothing where it is none of a scheduler's. */
export function occurrenceOf(headers: Headers): ScheduledOccurrence | undefined {
  const scheduleId = headers[scheduleHeader];
  const edition = headers[editionHeader];
  const due = Number(headers[dueHeader]);
  return scheduleId === undefined || edition === undefined || Number.isNaN(due) ? undefined : { scheduleId, due, edition };
}

/** For a handler: which run of which schedule its message is. Nothing where no scheduler published it. */
export function scheduledRunOf(headers: Headers): ScheduledRun | undefined {
  const occurrence = occurrenceOf(headers);
  return occurrence === undefined ? undefined : toRun(occurrence);
}

export function toRun({ scheduleId, due }: ScheduledOccurrence): ScheduledRun {
  return { scheduleId, due: new Date(due) };
}
