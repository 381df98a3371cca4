/** What stands behind each metric that is read from the manager at a scrape. One row a metric: its name, meaning, labels, and where its values are. */
import type { ManagerStats, QueueStats } from '@quayside/core';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Figure {
  /** Without the prefix. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly labels: readonly string[];
  samples(stats: ManagerStats): Iterable<Sample>;
}

type QueueCounter = Extract<keyof QueueStats, `total_${string}`>;

/** The queue's figures are the whole queue's, whichever process is asked: adding up replicas would count each message once a replica. */
const ofAll = 'Of the whole queue, all processes: take the maximum by queue, not the sum.';

const queueCounters: Readonly<Record<QueueCounter, readonly [name: string, help: string]>> = {
  total_published: ['messages_published_total', 'Messages stored.'],
  total_processed: ['messages_processed_total', 'Messages completed.'],
  total_failed: ['attempts_failed_total', 'Attempts that failed.'],
  total_retried: ['messages_retried_total', 'Failed attempts that are tried again.'],
  total_dead_letter: ['messages_dead_lettered_total', 'Entries into the dead letters.'],
  total_redriven: ['messages_redriven_total', 'Dead letters taken back into the queue.'],
  total_expired: ['messages_expired_total', 'Messages whose ttl passed.'],
  total_removed: ['messages_removed_total', 'Messages removed or purged.'],
  total_cancelled: ['messages_cancelled_total', 'Messages cancelled.'],
  total_discarded: ['messages_discarded_total', 'Exhausted messages of a queue without dead letters.'],
  total_deduplicated: ['messages_deduplicated_total', 'Publishes that stored nothing, since an equal message stands for them.'],
  total_stalled: ['leases_expired_total', 'Leases that ran out: a worker died, froze or blocked its event loop.'],
};

const queueFigures: readonly Figure[] = [
  ...(Object.entries(queueCounters) as [QueueCounter, readonly [string, string]][]).map(
    ([counter, [name, help]]): Figure => ({
      name,
      help: `${help} ${ofAll}`,
      kind: 'counter',
      labels: ['queue'],
      *samples(stats) {
        for (const [queue, figures] of queuesOf(stats)) yield { labels: { queue }, value: figures[counter] };
      },
    }),
  ),
  {
    name: 'messages',
    help: `Messages in the queue by state, the waiting ones by priority. ${ofAll}`,
    kind: 'gauge',
    labels: ['queue', 'state', 'priority'],
    *samples(stats) {
      for (const [queue, figures] of queuesOf(stats)) {
        for (const [priority, value] of Object.entries(figures.queue_length_by_priority)) {
          yield { labels: { queue, state: 'waiting', priority }, value };
        }
        yield { labels: { queue, state: 'delayed' }, value: figures.delayed_count };
        yield { labels: { queue, state: 'active' }, value: figures.processing_count };
        yield { labels: { queue, state: 'dead' }, value: figures.dead_letter_count };
      }
    },
  },
  {
    name: 'queue_paused',
    help: '1 while no worker of the queue is handed anything.',
    kind: 'gauge',
    labels: ['queue'],
    *samples(stats) {
      for (const [queue, { is_paused }] of queuesOf(stats)) yield { labels: { queue }, value: is_paused ? 1 : 0 };
    },
  },
];

const pubsubFigures: readonly Figure[] = [
  plain('events_published_total', 'counter', 'Events of this process that the server confirmed.', (stats) => stats.pubsub?.total_published),
  plain('events_received_total', 'counter', 'Events handed to subscriptions of this process.', (stats) => stats.pubsub?.total_received),
  plain('events_dropped_total', 'counter', 'Events dropped past a full buffer of a subscription.', (stats) => stats.pubsub?.total_dropped),
  plain('events_missed_total', 'counter', 'Events that never arrived, as gaps told.', (stats) => stats.pubsub?.total_missed),
  plain('channels', 'gauge', 'Channels and patterns subscribed to in this process.', (stats) => stats.pubsub?.channel_count),
];

const eventBusFigures: readonly Figure[] = [
  plain('bus_events_emitted_total', 'counter', 'Events emitted in this process.', (stats) => stats.event_bus?.total_emitted),
  plain('bus_handlers_succeeded_total', 'counter', 'Handler runs that ended well.', (stats) => stats.event_bus?.total_processed),
  plain('bus_handlers_failed_total', 'counter', 'Handler runs that threw.', (stats) => stats.event_bus?.total_failed),
  plain('bus_event_types', 'gauge', 'Names and patterns with a handler in this process.', (stats) => stats.event_bus?.event_type_count),
];

const schedulerFigures: readonly Figure[] = [
  plain('scheduled_runs_total', 'counter', `Occurrences of schedules. ${ofAll}`, (stats) => stats.task_scheduler?.total_tasks),
  {
    name: 'scheduled_runs_ended_total',
    help: `Occurrences that ended, by outcome. ${ofAll}`,
    kind: 'counter',
    labels: ['outcome'],
    *samples({ task_scheduler: figures }) {
      if (figures === undefined) return;
      yield { labels: { outcome: 'completed' }, value: figures.completed_tasks };
      yield { labels: { outcome: 'failed' }, value: figures.failed_tasks };
      yield { labels: { outcome: 'cancelled' }, value: figures.cancelled_tasks };
    },
  },
  {
    name: 'scheduled_runs',
    help: `Occurrences that run or wait for their time. ${ofAll}`,
    kind: 'gauge',
    labels: ['state'],
    *samples({ task_scheduler: figures }) {
      if (figures === undefined) return;
      yield { labels: { state: 'active' }, value: figures.active_tasks };
      yield { labels: { state: 'scheduled' }, value: figures.scheduled_tasks };
    },
  },
];

const dispatcherFigures: readonly Figure[] = [
  {
    name: 'tasks_dispatched_total',
    help: 'Tasks that this process dispatched, by route.',
    kind: 'counter',
    labels: ['route'],
    *samples({ task_dispatcher: figures }) {
      for (const [route, value] of Object.entries(figures?.by_route ?? {})) yield { labels: { route }, value };
    },
  },
  {
    name: 'tasks',
    help: 'Tasks that this process dispatched, by the state that it knows of.',
    kind: 'gauge',
    labels: ['state'],
    *samples({ task_dispatcher: figures }) {
      for (const [state, value] of Object.entries(figures?.by_state ?? {})) yield { labels: { state }, value };
    },
  },
];

export const figures: readonly Figure[] = [
  ...queueFigures,
  ...pubsubFigures,
  ...eventBusFigures,
  ...schedulerFigures,
  ...dispatcherFigures,
];

function plain(name: string, kind: Figure['kind'], help: string, read: (stats: ManagerStats) => number | undefined): Figure {
  return {
    name,
    help,
    kind,
    labels: [],
    *samples(stats) {
      const value = read(stats);
      if (value !== undefined) yield { labels: {}, value };
    },
  };
}

function* queuesOf({ queue_name, message_queue, queues }: ManagerStats): Generator<[string, QueueStats]> {
  if (queue_name !== undefined && message_queue !== undefined) yield [queue_name, message_queue];
  yield* Object.entries(queues);
}
