import { priorities } from '../message/message.js';
import type { QueueStats } from '../ports/queue.js';
import type { StoreStats } from '../ports/queue-store.js';

/** The store's counters in the original system's names. */
export function toQueueStats({ counters, waiting, delayed, active, dead, isPaused }: StoreStats): QueueStats {
  return {
    total_published: counters.published,
    total_processed: counters.processed,
    total_failed: counters.failed,
    total_retried: counters.retried,
    total_dead_letter: counters.deadLettered,
    total_redriven: counters.redriven,
    total_expired: counters.expired,
    total_removed: counters.removed,
    total_cancelled: counters.cancelled,
    total_discarded: counters.discarded,
    total_deduplicated: counters.deduplicated,
    total_stalled: counters.stalled,
    queue_length: priorities.reduce((sum, priority) => sum + waiting[priority], 0),
    queue_length_by_priority: waiting,
    delayed_count: delayed,
    processing_count: active,
    dead_letter_count: dead,
    is_paused: isPaused,
  };
}
