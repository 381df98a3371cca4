import { type MessageMeta, readMeta } from '../message/envelope.js';
import { upcastPayload, validatePayload } from '../message/validate.js';
import type { Ending } from '../ports/handler.js';
import type { Claim } from '../ports/queue-store.js';
import { describeThrown } from './attempt-error.js';
import type { QueueEngine } from './engine.js';
import { HeldMessage } from './held.js';

/** A claim that no handler should see, and how it ends. */
export interface Refused {
  readonly held: HeldMessage;
  readonly ending: Ending;
}

/** How long a message waits that this worker can't take (no handler, newer version), for one that can: at first, so that one which is there gets it soon. */
const unfitDelayMs = 100;
/** From then on each wait is twice as long: a rolling deploy takes minutes, and a message that nobody can take must not keep all busy. */
const unfitTries = 8;
const longestUnfitDelayMs = 60_000;

/** Looks at a claim before any handler does: readable, not expired, within its limits, of a type and version that this worker can take. */
export function takeIn(
  engine: QueueEngine,
  claim: Claim,
  leaseUntil: number,
  hasHandler: (type: string) => boolean,
): HeldMessage | Refused {
  let meta: MessageMeta | 'newer';
  try {
    meta = readMeta(claim.message.meta);
  } catch (error) {
    const held = new HeldMessage(claim, {}, engine.settings.maxRetries, leaseUntil);
    return { held, ending: dead(engine, held, 'corrupt', error) };
  }
  if (meta === 'newer') {
    const held = new HeldMessage(claim, {}, engine.settings.maxRetries, leaseUntil);
    return { held, ending: giveBack(engine, held, 'newer-version') };
  }
  const held = new HeldMessage(claim, meta, engine.settings.maxRetries, leaseUntil);
  if (isExpired(engine, held)) return { held, ending: expired(engine, held) };
  if (claim.starts > held.maxRetries) {
    return { held, ending: dead(engine, held, 'attempts-exhausted', new Error('the worker of the last attempt vanished')) };
  }
  if (!hasHandler(claim.message.type)) return { held, ending: giveBack(engine, held, 'no-handler') };
  if (claim.deliveries > held.maxDeliveries) {
    return { held, ending: dead(engine, held, 'deliveries-exhausted', new Error(`handed out ${held.maxDeliveries} times`)) };
  }
  const known = engine.definitions.get(claim.message.type)?.version ?? 1;
  if ((meta.version ?? 1) > known && engine.definitions.has(claim.message.type)) {
    return { held, ending: giveBack(engine, held, 'newer-version') };
  }
  return held;
}

export function isExpired(engine: QueueEngine, held: HeldMessage): boolean {
  return held.meta.expiresAt !== undefined && held.meta.expiresAt <= engine.clock.now();
}

export function expired(engine: QueueEngine, held: HeldMessage): Ending {
  if (engine.settings.deadLetterExpired) return dead(engine, held, 'expired', new Error('its ttl has passed'));
  return { outcome: 'drop', as: 'expired' };
}

/** Back uncounted after a short delay; at the last allowed hand-over it is dead instead, so that nothing circulates for ever. */
export function giveBack(engine: QueueEngine, held: HeldMessage, why: 'no-handler' | 'newer-version'): Ending {
  const { deliveries } = held.claim;
  if (deliveries < held.maxDeliveries) {
    const delayMs = Math.min(longestUnfitDelayMs, unfitDelayMs * 2 ** Math.max(0, deliveries - unfitTries));
    return { outcome: 'release', why, delayMs };
  }
  if (why === 'no-handler') return dead(engine, held, 'no-handler', new Error(`no worker has a handler for '${held.claim.message.type}'`));
  return dead(engine, held, 'deliveries-exhausted', new Error('no worker knows this version'));
}

export function dead(
  engine: QueueEngine,
  held: HeldMessage,
  reason: Extract<Ending, { outcome: 'dead' }>['reason'],
  thrown: unknown,
): Extract<Ending, { outcome: 'dead' }> {
  const attempt = reason === 'attempts-exhausted' ? held.claim.starts : held.attempt;
  return { outcome: 'dead', reason, error: describeThrown(thrown, attempt, engine.clock.now(), engine.workerName) };
}

/** A payload that can't be decoded at all, as opposed to one that fails its schema. */
export class CorruptPayload extends Error {}

/** Decodes, brings up older versions and validates. By a promise only where the schema is asynchronous. @throws CorruptPayload, PayloadError */
export function openPayload(engine: QueueEngine, held: HeldMessage): unknown | Promise<unknown> {
  const { type, payload } = held.claim.message;
  let value: unknown;
  try {
    value = engine.codec.decode(payload);
  } catch (cause) {
    throw new CorruptPayload('what the backend holds can not be decoded', { cause });
  }
  const definition = engine.definitions.get(type);
  if (definition === undefined) return value;
  return validatePayload(type, definition, upcastPayload(type, definition, value, held.meta.version ?? 1));
}
