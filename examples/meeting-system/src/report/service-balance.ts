import type { QueueStats } from '@quayside/core';
import type { MeetingPlan } from '../services/meeting-service.js';
import type { MeetingServices } from '../services/meeting-services.js';
import { atHand, type Balance } from './balance.js';
import { formatTable } from './table.js';

export interface ServiceAccount {
  readonly services: Pick<MeetingServices, 'users' | 'signaling' | 'meeting'>;
  readonly plan: MeetingPlan;
  /** Of the services' own queues before the first message, and at the end. */
  readonly queues: Readonly<Record<string, { readonly before: QueueStats; readonly after: QueueStats }>>;
}

/** Everybody connected with everybody. */
export function pairsOf({ invited }: MeetingPlan): number {
  return (invited.length * (invited.length - 1)) / 2;
}

/** Holds what the user, signaling, meeting and media services did against what the meeting needed and what their queues counted. */
export function strikeServiceBalance({ services, plan, queues }: ServiceAccount): Balance {
  const differences: string[] = [];
  const compare = (what: string, found: number, expected: number) => {
    if (found !== expected) differences.push(`${what}: ${found} in place of ${expected}`);
  };
  const { users, signaling, meeting } = services;
  const { invited } = plan;
  compare('invitations sent', users.sent.invitation, invited.length);
  compare('summaries sent', users.sent.summary, invited.length);
  compare('participants', meeting.counts.attended.length, invited.length);
  compare('pairs connected', signaling.counts.pairs, pairsOf(plan));
  if (meeting.counts.recording === undefined) differences.push('there is no recording');
  const sums = Object.entries(queues).map(([name, { before, after }]) => {
    const published = after.total_published - before.total_published;
    const processed = after.total_processed - before.total_processed;
    const left = atHand(after);
    compare(`${name} processed`, processed, published + atHand(before) - left);
    if (left > 0) differences.push(`${name}: ${left} are left`);
    return `${published} ${name} published = ${processed} processed, ${left} left`;
  });
  return { sentence: sums.join('; '), differences };
}

/** What each of them did, a line each. */
export function serviceTable({ services: { users, signaling, meeting }, plan }: Omit<ServiceAccount, 'queues'>): string {
  const { sent } = users;
  const { joined, offers, answers, pairs } = signaling.counts;
  const { attended, repeatedMails, isReminded, recording } = meeting.counts;
  return formatTable(
    [
      { title: 'service', align: 'left' },
      { title: 'did', align: 'left' },
    ],
    [
      [
        'user',
        `mails sent: invitation ${sent.invitation}, reminder ${sent.reminder}, summary ${sent.summary}; asked for twice and sent once: ${repeatedMails}`,
      ],
      [
        'signaling',
        `${joined.length} joined ${plan.room}; ${pairs} of ${pairsOf(plan)} pairs connected by ${offers} offers and ${answers} answers`,
      ],
      ['meeting', `${attended.toSorted().join(', ')} attended${isReminded ? ', after a reminder' : ''}`],
      ['media', recording === undefined ? 'no recording' : `${recording} mixed from ${plan.invited.length} tracks`],
    ],
  );
}
