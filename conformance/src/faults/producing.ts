import { setTimeout as pause } from 'node:timers/promises';
import { QuaysideError, type Queue } from '@quayside/core';
import { payloadOf } from './assignment.js';

/** Before a publish that failed is tried again. */
const retryMs = 50;

export interface Production {
  readonly messages: number;
  readonly inFlight: number;
  readonly pauseMs: number;
  /** Aborted when it is enough. */
  readonly enough: AbortSignal;
}

/** Publishes so many messages as an application should: what is rejected is published again, under its id where its fate is unknown, until it is there. */
export async function produce(queue: Queue, { messages, inFlight, pauseMs, enough }: Production, tell: () => void): Promise<void> {
  let next = 0;
  const publishOne = async () => {
    while (next < messages && !enough.aborted) {
      await publishSurely(queue, next++);
      tell();
      if (pauseMs > 0) await pause(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, publishOne));
}

async function publishSurely(queue: Queue, number: number): Promise<void> {
  for (let id: string | undefined; ; ) {
    try {
      await queue.publish('task', payloadOf(number), { id });
      return;
    } catch (error) {
      if (!(error instanceof QuaysideError) || error.outcome === undefined) throw error;
      // The id that it had: whatever became of the first try, there will be one message.
      id = error.ids?.[0] ?? id;
      await pause(retryMs);
    }
  }
}
