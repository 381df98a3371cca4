import type { Dispatcher, EventBus, PubSub, Queue, Scheduler } from '@quayside/core';
import type { AnalysisTasks, ArchiveTasks, MeetingChannels, MeetingTasks, ModelEvents } from '../messages.js';

/** What a service of the meeting system is given: ports, never a backend. */
export interface MeetingPorts {
  readonly tasks: Queue<MeetingTasks>;
  readonly channels: PubSub<MeetingChannels>;
  readonly local: EventBus<ModelEvents>;
  readonly scheduler: Scheduler<ArchiveTasks>;
  readonly dispatcher: Dispatcher<AnalysisTasks>;
}

export interface Service {
  /** Registers handlers, subscriptions and schedules. */
  start(): Promise<void>;
  /** Ends its subscriptions and schedules, and frees what it holds. The work is done before, so none of its queues' handlers runs. */
  stop(): Promise<void>;
}
