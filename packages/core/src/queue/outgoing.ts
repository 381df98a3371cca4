import { checkAttempts, readDuration, whole } from '../attempt-options.js';
import { readOptions } from '../call-options.js';
import { ConfigError, type Issue, PayloadError, quote } from '../errors.js';
import { type MessageMeta, writeMeta } from '../message/envelope.js';
import { checkHeaders } from '../message/headers.js';
import type { Headers, Priority } from '../message/message.js';
import { checkName } from '../message/names.js';
import { validatePayload } from '../message/validate.js';
import type { OutgoingMessage } from '../ports/handler.js';
import type { PublishOptions } from '../ports/queue.js';
import type { StoredMessage } from '../ports/queue-store.js';
import { isValidDate } from '../time/dates.js';
import type { QueueEngine } from './engine.js';

/** A message and its options, checked; the payload not yet encoded, since middleware may still change it. */
export interface Outgoing {
  readonly message: OutgoingMessage;
  /** The caller gave the id, so the backend has to look whether it is there. */
  readonly hasOwnId: boolean;
  readonly delayMs: number;
  readonly deduplication: StoredMessage['deduplication'];
  /** Absent where all is default. */
  readonly meta: Omit<MessageMeta, 'headers' | 'version'> | undefined;
}

const noHeaders: Headers = Object.freeze({});

/** Checks name and options, all at once, before anything is sent. @throws InvalidNameError, ConfigError, PayloadError (headers) */
export function checkOutgoing(engine: QueueEngine, type: string, payload: unknown, options: PublishOptions | undefined): Outgoing {
  checkName('message type', type);
  const priority: Priority = options?.priority === undefined ? 'normal' : options.priority;
  if (options === undefined) {
    const message = { id: engine.ids.next(), type, payload, priority, headers: noHeaders };
    return { message, hasOwnId: false, delayMs: 0, deduplication: undefined, meta: undefined };
  }
  const issues: Issue[] = [];
  const { maxRetries, backoff, timeoutMs } = checkAttempts(options, options.timeout, 'options.timeout', issues);
  const hasOwnId = options.id !== undefined;
  if (hasOwnId) checkName('message id', options.id);
  const now = engine.clock.now();
  const ttlMs = readDuration(options.ttl, 'options.ttl', 1, issues);
  const maxDeliveries = whole(options.maxDeliveries, 'options.maxDeliveries', 1, issues);
  const outgoing: Outgoing = {
    message: { id: options.id ?? engine.ids.next(), type, payload, priority, headers: checkHeaders(options.headers) ?? noHeaders },
    hasOwnId,
    delayMs: delayOf(options, now, issues),
    deduplication: deduplicationOf(options, issues),
    meta: {
      publishedAt: hasOwnId ? now : undefined,
      expiresAt: ttlMs === undefined ? undefined : now + ttlMs,
      maxRetries,
      maxDeliveries,
      backoff,
      timeoutMs,
    },
  };
  if (issues.length > 0) throw new ConfigError(`the options of '${type}' are wrong`, issues);
  return outgoing;
}

function delayOf(options: PublishOptions, now: number, issues: Issue[]): number {
  const { delay, at } = options;
  if (delay !== undefined && at !== undefined) {
    issues.push({ path: 'options.at', message: 'delay and at exclude each other: give one of them' });
  }
  if (at === undefined) return readDuration(delay, 'options.delay', 0, issues) ?? 0;
  if (isValidDate(at)) return Math.max(0, at.getTime() - now);
  issues.push({ path: 'options.at', message: `got ${quote(at)}; allowed is a valid Date` });
  return 0;
}

function deduplicationOf(options: PublishOptions, issues: Issue[]): StoredMessage['deduplication'] {
  if (options.deduplication === undefined) return undefined;
  const deduplication = readOptions(options.deduplication, 'options.deduplication');
  checkName('deduplication id', deduplication.id);
  if (deduplication.window === undefined) {
    issues.push({ path: 'options.deduplication.window', message: 'is required: an id without an end would block its successors for ever' });
    return undefined;
  }
  const windowMs = readDuration(deduplication.window, 'options.deduplication.window', 1, issues);
  return windowMs === undefined ? undefined : { id: deduplication.id, windowMs };
}

/** Validates and encodes: what the backend stores. By a promise only where the type's schema is asynchronous. @throws PayloadError, InvalidNameError */
export function encodeOutgoing(engine: QueueEngine, outgoing: Outgoing, message: OutgoingMessage): StoredMessage | Promise<StoredMessage> {
  const definition = engine.definitions.get(message.type);
  if (definition === undefined) return seal(engine, outgoing, message, message.payload, undefined);
  const version = definition.version === 1 ? undefined : definition.version;
  const payload = validatePayload(message.type, definition, message.payload);
  if (payload instanceof Promise) return payload.then((value: unknown) => seal(engine, outgoing, message, value, version));
  return seal(engine, outgoing, message, payload, version);
}

function seal(
  engine: QueueEngine,
  outgoing: Outgoing,
  message: OutgoingMessage,
  value: unknown,
  version: number | undefined,
): StoredMessage {
  const payload = engine.codec.encode(value);
  const { maxPayloadBytes } = engine.settings;
  // A UTF-16 unit takes at most three bytes in UTF-8: most payloads need no count.
  if (payload.length * 3 > maxPayloadBytes) {
    const bytes = Buffer.byteLength(payload);
    if (bytes > maxPayloadBytes) {
      const issue = { path: 'payload', message: `${bytes} bytes encoded; allowed are ${maxPayloadBytes}` };
      throw new PayloadError(`the payload of '${message.type}' is too large`, [issue]);
    }
  }
  const headers = message.headers === noHeaders ? undefined : checkHeaders(message.headers);
  const isAllDefault = outgoing.meta === undefined && version === undefined && headers === undefined;
  return {
    id: message.id,
    type: message.type,
    priority: message.priority,
    payload,
    meta: isAllDefault ? '' : writeMeta({ ...outgoing.meta, version, headers }),
    delayMs: outgoing.delayMs,
    deduplication: outgoing.deduplication,
  };
}
