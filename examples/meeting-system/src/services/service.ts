import type { Dispatcher, EventBus, PubSub, Queue, Scheduler } from '@quayside/core';
import type { AnalysisTasks, MediaTasks, MeetingChannels, MeetingSchedules, MeetingTasks, ModelEvents, UserTasks } from '../messages.js';
import type { SignalChannels } from '../signals.js';

/** What an AI service is given: ports, never a backend. */
export interface AiPorts {
  readonly tasks: Queue<MeetingTasks>;
  readonly channels: PubSub<MeetingChannels>;
  readonly local: EventBus<ModelEvents>;
  readonly dispatcher: Dispatcher<AnalysisTasks>;
}

/** What the meeting's own process has. */
export interface MeetingPorts extends AiPorts {
  readonly scheduler: Scheduler<MeetingSchedules>;
  readonly signals: PubSub<SignalChannels>;
  readonly mails: Queue<UserTasks>;
  readonly media: Queue<MediaTasks>;
}

export interface Service {
  /** Registers handlers, subscriptions and schedules. */
  start(): Promise<void>;
  /** Ends its subscriptions and schedules, and frees what it holds. The work is done before, so none of its queues' handlers runs. */
  stop(): Promise<void>;
}
