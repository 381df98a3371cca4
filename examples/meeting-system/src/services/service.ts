import type { EventBus, PubSub, Queue } from '@quayside/core';
import type { MeetingChannels, MeetingTasks, ModelEvents } from '../messages.js';

/** What a service of the meeting system is given: ports, never a backend. */
export interface MeetingPorts {
  readonly tasks: Queue<MeetingTasks>;
  readonly channels: PubSub<MeetingChannels>;
  readonly local: EventBus<ModelEvents>;
}

export interface Service {
  /** Registers handlers and subscriptions. */
  start(): Promise<void>;
  /** Ends its subscriptions and frees what it holds. The queue has been stopped before, so none of its handlers runs. */
  stop(): Promise<void>;
}
