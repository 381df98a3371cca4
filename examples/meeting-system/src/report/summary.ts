import type { DispatcherStats, EventBusStats, PubSubStats, QueueStats, SchedulerStats, TaskResult } from '@quayside/core';
import type { AnalysedClip } from '../meeting/analysis.js';
import { clipAnalysis } from '../messages.js';
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

/** What came back of each dispatched clip, in the order of the batch. */
export function clipTable(clips: readonly AnalysedClip[]): string {
  return formatTable(
    [
      { title: 'clip_analysis of', align: 'left' },
      { title: 'told', align: 'left' },
      { title: 'result', align: 'left' },
    ],
    clips.map(({ clip, told, result }) => [clip, told.join('+') || 'nothing', clipResult(result)]),
  );
}

function clipResult(result: TaskResult): string {
  if (result.status === 'rejected') return result.reason.message;
  const { speechSeconds, totalSeconds, segments } = clipAnalysis.parse(result.value);
  const share = Math.round((100 * speechSeconds) / totalSeconds);
  return `talks ${share} % of the time, in ${segments} ${segments === 1 ? 'turn' : 'turns'}`;
}

export interface SystemStats {
  readonly queue: QueueStats;
  readonly pubsub: PubSubStats;
  readonly local: EventBusStats;
  readonly scheduler: SchedulerStats;
  readonly dispatcher: DispatcherStats;
}

/** The figures that the original system's `GetStats` had, under its names. */
export function statsLines({ queue, pubsub, local, scheduler, dispatcher }: SystemStats): string {
  return [
    `message queue    total_published ${queue.total_published}, total_processed ${queue.total_processed}, total_failed ${queue.total_failed}, ` +
      `total_retried ${queue.total_retried}, total_dead_letter ${queue.total_dead_letter},`,
    `                 queue_length ${queue.queue_length}, processing_count ${queue.processing_count}, dead_letter_count ${queue.dead_letter_count}`,
    `pub/sub          total_published ${pubsub.total_published}, total_received ${pubsub.total_received}, channel_count ${pubsub.channel_count}`,
    `local event bus  total_emitted ${local.total_emitted}, total_processed ${local.total_processed}, event_type_count ${local.event_type_count}`,
    `task scheduler   total_tasks ${scheduler.total_tasks}, completed_tasks ${scheduler.completed_tasks}, failed_tasks ${scheduler.failed_tasks}, ` +
      `active_tasks ${scheduler.active_tasks}, scheduled_tasks ${scheduler.scheduled_tasks}, cancelled_tasks ${scheduler.cancelled_tasks}`,
    `task dispatcher  total_dispatched ${dispatcher.total_dispatched}, by state: ${listOf(dispatcher.by_state)}, by route: ${listOf(dispatcher.by_route)}`,
  ].join('\n');
}

/** Which process ended how many tasks, where it is not one alone. */
export function crewLine(endedBy: ReadonlyMap<string, number>, names: readonly string[]): readonly string[] {
  if (names.length < 2) return [];
  return [`tasks ended by   ${names.map((name) => `${name} ${endedBy.get(name) ?? 0}`).join(', ')}`];
}

function listOf(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

/** The last line says whether what went in equals what came out; the ones before it, each sum and what does not fit. */
export function balanceLines(...balances: readonly Balance[]): string {
  const differences = balances.flatMap((balance) => balance.differences);
  const verdict = `what went in ${differences.length === 0 ? 'equals' : 'DOES NOT EQUAL'} what came out`;
  const sums = balances.map(({ sentence }) => sentence).join('\n');
  return [...differences.map((difference) => `does not fit: ${difference}`), `${sums}: ${verdict}`].join('\n');
}
