import { isInstanceOf, PayloadError, toError, UnrecoverableError } from '../errors.js';
import { type Ending, RetryLater } from '../ports/handler.js';
import type { Settlement } from '../ports/queue-store.js';
import { durationToMs } from '../time/duration.js';
import { describeThrown, sealAttemptError } from './attempt-error.js';
import { backoffMs } from './backoff.js';
import type { QueueEngine } from './engine.js';
import type { HeldMessage } from './held.js';
import { CorruptPayload, dead } from './incoming.js';

/** How an attempt ends that threw, whatever it threw. */
export function endingOfThrown(engine: QueueEngine, held: HeldMessage, thrown: unknown): Ending {
  const error = describeThrown(thrown, held.attempt, engine.clock.now(), engine.workerName);
  if (held.isCancelled) return { outcome: 'drop', as: 'cancelled' };
  if (isInstanceOf(thrown, UnrecoverableError)) return { outcome: 'dead', reason: 'unrecoverable', error };
  if (held.attempt > held.maxRetries) return { outcome: 'dead', reason: 'attempts-exhausted', error };
  return { outcome: 'retry', delayMs: retryDelayMs(engine, held, thrown), error };
}

/** How an attempt ends whose handler returned; a cancelled one ends as cancelled whatever it returned. */
export function endingOfValue(held: HeldMessage, value: unknown): Ending {
  return held.isCancelled ? { outcome: 'drop', as: 'cancelled' } : { outcome: 'complete', value };
}

/** How a message ends whose payload could not be opened: no handler ran. */
export function endingOfUnreadable(engine: QueueEngine, held: HeldMessage, thrown: unknown): Ending {
  if (isInstanceOf(thrown, CorruptPayload)) return dead(engine, held, 'corrupt', thrown);
  if (isInstanceOf(thrown, PayloadError)) return dead(engine, held, 'invalid-payload', thrown);
  return endingOfThrown(engine, held, thrown);
}

/** A backoff function or a RetryLater that is wrong itself is told, and the default backoff holds: the message must not be lost for it. */
function retryDelayMs(engine: QueueEngine, held: HeldMessage, thrown: unknown): number {
  const backoff = held.meta.backoff ?? engine.settings.backoff;
  try {
    if (isInstanceOf(thrown, RetryLater)) return durationToMs(thrown.delay, 'RetryLater.delay');
    return backoffMs(backoff, held.attempt, thrown, engine.random);
  } catch (error) {
    engine.logger.error({ err: error, id: held.id }, 'the backoff is wrong: the default one holds');
    engine.events.tell('error', toError(error, 'the backoff failed'), held.head);
    return backoffMs({ type: 'exponential' }, held.attempt, thrown, engine.random);
  }
}

/** Without a dead letter queue what would be dead is discarded: counted by the store, and told. */
export function applyDeadLetterPolicy(engine: QueueEngine, ending: Ending): Ending {
  if (ending.outcome !== 'dead' || engine.settings.deadLetterQueue) return ending;
  return { outcome: 'drop', as: 'discarded', error: ending.error };
}

/** What the store is told. */
export function toSettlement(held: HeldMessage, ending: Ending): Settlement {
  const { receipt } = held;
  switch (ending.outcome) {
    case 'complete':
      return { receipt, outcome: 'complete' };
    case 'retry':
      return { receipt, outcome: 'retry', delayMs: ending.delayMs, error: sealAttemptError(ending.error) };
    case 'release':
      return { receipt, outcome: 'release', delayMs: ending.delayMs };
    case 'dead':
      return {
        receipt,
        outcome: 'dead',
        reason: ending.reason,
        isStarted: held.hasStarted,
        error: ending.error && sealAttemptError(ending.error),
      };
    case 'drop':
      return { receipt, outcome: 'drop', as: ending.as, error: ending.error && sealAttemptError(ending.error) };
  }
}
