import type { Container } from 'inversify';
import type { ReadOptions } from '../config/read.js';
import type { Logger } from '../logger.js';
import type { Codec } from '../message/codec.js';
import type { Adapter } from '../ports/adapter.js';
import type { Clock } from '../time/clock.js';
import type { QueueManager } from './manager.js';

export interface ManagerOptions extends ReadOptions {
  /** What a `type` can choose besides the packages by name. */
  readonly adapters?: readonly Adapter[];
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: silent. What it is given holds no secret of the config. */
  readonly logger?: Logger;
  /** How payloads become text. Default: strict JSON. */
  readonly codec?: Codec;
  /** From 0 (included) to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** The ports are bound into it until the manager stops. Default: a container of its own. */
  readonly container?: Container;
}

/** Where a background error comes from. */
export interface ErrorPlace {
  readonly component: 'message_queue' | 'pubsub' | 'event_bus' | 'task_scheduler' | 'task_dispatcher' | 'manager';
  /** The queue, channel or event, where it is known. */
  readonly name?: string;
  /** Of the message, schedule, task or channel event, where it is known. */
  readonly id?: string;
}

export interface ManagerEvents {
  /** What failed in the background, in any component. It is logged besides. */
  error: (error: Error, where: ErrorPlace) => void;
}

/** Which manager a helper works on. */
export interface OnManager {
  /** Default: the global one. */
  readonly manager?: QueueManager;
}
