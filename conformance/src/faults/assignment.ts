/** What a process of a fleet is told at its start, and what it tells its parent. */
import type { QueueOptions } from '@quayside/core';

export type FaultBackend = 'redis' | 'bullmq';

interface Common {
  readonly name: string;
  readonly backend: FaultBackend;
  /** The adapter's own. */
  readonly options: object;
  readonly namespace: string;
  readonly queue: string;
  readonly queueOptions: QueueOptions;
  readonly historyFile: string;
}

export interface ProducerAssignment extends Common {
  readonly role: 'producer';
  /** How many at the most: it ends before that when it is told that it is enough. */
  readonly messages: number;
  /** Publishes that wait for their end at a time. */
  readonly inFlight: number;
  /** Between the end of a publish and the next one in its place. */
  readonly pauseMs: number;
}

export interface WorkerAssignment extends Common {
  readonly role: 'worker';
  readonly concurrency: number;
  readonly handlerMs: number;
}

export type Assignment = ProducerAssignment | WorkerAssignment;

/** What a message says its handler should do: fail its first so many attempts. */
export interface FaultPayload {
  readonly number: number;
  readonly failures: number;
}

/** One in ten fails once, one in a hundred always. */
export function payloadOf(number: number): FaultPayload {
  return { number, failures: number % 100 === 99 ? Number.MAX_SAFE_INTEGER : number % 10 === 9 ? 1 : 0 };
}

export type FromProcess =
  | { readonly kind: 'ready' }
  /** So many since its start: publishes that resolved, or deliveries that it completed. */
  | { readonly kind: 'progress'; readonly done: number }
  /** A producer has published all. */
  | { readonly kind: 'finished' }
  | { readonly kind: 'error'; readonly error: string };
/** `enough`: a producer begins no further publish. `stop`: the process ends what it has begun, and goes. */
export type ToProcess = 'enough' | 'stop';
