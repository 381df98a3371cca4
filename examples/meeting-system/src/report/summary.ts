import type { EventBusStats, PubSubStats, QueueStats } from '@quayside/core';
import type { Balance } from './balance.js';
import type { LedgerRow } from './ledger.js';
import { resultOf } from './progress.js';
import { formatTable } from './table.js';

/** Every task with its end, in the order in which work on it began. */
export function taskTable(rows: readonly LedgerRow[]): string {
  return formatTable(
    [
      { title: 'task', align: 'left' },
      { title: 'of', align: 'left' },
      { title: 'priority', align: 'left' },
      { title: 'attempts', align: 'right' },
      { title: 'time', align: 'right' },
      { title: 'end', align: 'left' },
      { title: 'result', align: 'left' },
    ],
    rows.map(({ type, subject, priority, attempts, tookMs, endings }) => [
      type,
      subject,
      priority,
      String(attempts),
      `${tookMs.toFixed(0)} ms`,
      endings.map(({ outcome }) => (outcome === 'complete' ? 'done' : outcome)).join('+') || 'none',
      endings.map(resultOf).join(' + '),
    ]),
  );
}

export interface SystemStats {
  readonly queue: QueueStats;
  readonly pubsub: PubSubStats;
  readonly local: EventBusStats;
}

/** The figures that the original system's `GetStats` had, under its names. */
export function statsLines({ queue, pubsub, local }: SystemStats): string {
  return [
    `message queue    total_published ${queue.total_published}, total_processed ${queue.total_processed}, total_failed ${queue.total_failed}, ` +
      `total_retried ${queue.total_retried}, total_dead_letter ${queue.total_dead_letter},`,
    `                 queue_length ${queue.queue_length}, processing_count ${queue.processing_count}, dead_letter_count ${queue.dead_letter_count}`,
    `pub/sub          total_published ${pubsub.total_published}, total_received ${pubsub.total_received}, channel_count ${pubsub.channel_count}`,
    `local event bus  total_emitted ${local.total_emitted}, total_processed ${local.total_processed}, event_type_count ${local.event_type_count}`,
  ].join('\n');
}

/** The last line says whether what went in equals what came out; the ones before it, what does not fit. */
export function balanceLines({ sentence, differences }: Balance): string {
  const verdict = `${sentence}: what went in ${differences.length === 0 ? 'equals' : 'DOES NOT EQUAL'} what came out`;
  return [...differences.map((difference) => `does not fit: ${difference}`), verdict].join('\n');
}
