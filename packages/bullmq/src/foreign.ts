import { ConnectionError, type Settlement } from '@quayside/core';
import { type Commands, toQuaysideError } from '@quayside/redis';
import { Job, Queue, UnrecoverableError } from 'bullmq';
import type { Redis } from 'ioredis';
import { queueName } from './keys.js';

/** The settlements that end a plain client's job. */
export type FinalSettlement = Extract<Settlement, { outcome: 'complete' | 'dead' | 'drop' }>;

export function isFinal(settlement: Settlement): settlement is FinalSettlement {
  return settlement.outcome !== 'retry' && settlement.outcome !== 'release';
}

export interface ForeignParts {
  readonly commands: Commands;
  readonly prefix: string;
  readonly queue: string;
}

/** BullMQ's error codes for: no such job, no lock, not active, another's lock. It is not this delivery any more. */
const lostCodes = [-1, -2, -3, -6];
/** It has children that are not done, or that failed. */
const childrenCodes = [-4, -9];

/**
 * Ends jobs that plain clients put in, by BullMQ's own scripts: they may have a parent that waits for them, keep a number of completed
 * ones, or be stored again when they end. Its `Queue` uses our connection, and is made when the first such job ends.
 */
export class ForeignJobs {
  readonly #parts: ForeignParts;
  readonly #queues = new WeakMap<Redis, Queue>();

  constructor(parts: ForeignParts) {
    this.#parts = parts;
  }

  /** @throws ConnectionError */
  async settle(jobId: string, token: string, settlement: FinalSettlement): Promise<'settled' | 'lease-lost'> {
    try {
      const job = await Job.fromId(this.#queue(), jobId);
      if (job === undefined) return 'lease-lost';
      await end(job, token, settlement);
      return 'settled';
    } catch (error) {
      if (hasCode(error, lostCodes)) return 'lease-lost';
      throw toQuaysideError(error);
    }
  }

  #queue(): Queue {
    const { commands, prefix, queue } = this.#parts;
    const client = commands.publisher;
    if (client === undefined) throw new ConnectionError('there is no connection to the server', { outcome: 'not-published' });
    const known = this.#queues.get(client);
    if (known !== undefined) return known;
    const made = new Queue(queueName(queue), { prefix, connection: client, skipMetasUpdate: true, skipVersionCheck: true });
    made.on('error', () => undefined);
    this.#queues.set(client, made);
    return made;
  }
}

async function end(job: Job, token: string, settlement: FinalSettlement): Promise<void> {
  switch (settlement.outcome) {
    case 'complete':
      await complete(job, token);
      return;
    case 'dead':
      await job.moveToFailed(new UnrecoverableError(settlement.error ?? settlement.reason), token, false);
      return;
    case 'drop':
      // A flow's parent learns of it as of a failure.
      await job.moveToFailed(new UnrecoverableError(settlement.as), token, false);
      await job.remove();
  }
}

/** A parent whose child failed can't be completed: BullMQ's worker lets it fail, too. */
async function complete(job: Job, token: string): Promise<void> {
  try {
    await job.moveToCompleted(null, token, false);
  } catch (error) {
    if (!hasCode(error, childrenCodes)) throw error;
    await job.moveToFailed(new UnrecoverableError(error.message), token, false);
  }
}

function hasCode(error: unknown, codes: readonly unknown[]): error is Error {
  return error instanceof Error && 'code' in error && codes.includes(error.code);
}
