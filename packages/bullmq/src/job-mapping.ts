import {
  type BackoffOptions,
  type Claim,
  ConfigError,
  type DeadReason,
  durationToMs,
  type FoundMessage,
  type MessageMeta,
  type MessageState,
  type Priority,
  priorities,
  quote,
  readMeta,
  type StoredMessage,
  writeMeta,
} from '@quayside/core';
import { type Argument, wholeMs } from '@quayside/redis';
import { toJobId, toMessageId } from './keys.js';

/** What the scripts tell of a job (parts/show.lua): its own fields in their order; null where it has none. */
export type JobFields = readonly (string | null)[];
export const fieldCount = 10;

/** BullMQ's priorities begin with 1; a job with 0 would go before all others. */
export function toBullPriority(priority: Priority): number {
  return priorities.indexOf(priority) + 1;
}

/** A job of a plain client may have any, or none. */
function toPriority(written: string | null | undefined): Priority {
  const priority = Number(written ?? 0);
  if (!(priority >= 1)) return 'normal';
  return priorities[Math.min(priority, priorities.length) - 1] ?? 'low';
}

/** What `publish.lua` wants of one message. @throws ConfigError */
export function messageArguments(message: StoredMessage): readonly Argument[] {
  const { id, type, priority, payload, meta, delayMs, deduplication } = message;
  const level = toBullPriority(priority);
  if (level < 1) {
    const issue = `got ${quote(priority)}; allowed are ${priorities.join(', ')}`;
    throw new ConfigError(`message ${id} has no level`, [{ path: 'priority', message: issue }]);
  }
  const window = [deduplication?.id ?? '', wholeMs(deduplication?.windowMs)];
  return [toJobId(id), type, level, payload, optionsText(level, meta), meta, wholeMs(delayMs), ...window];
}

/** Core's defaults, for a plain worker that handles a message of ours. */
const defaultRetries = 3;
const defaultBackoff: BackoffOptions = { type: 'exponential' };

/** By priority; the first place is nobody's. */
const plainOptions = [0, 1, 2, 3, 4].map((level) => writeOptions(level, {}));

/**
 * BullMQ's options of a job, which a plain worker goes by. Written here, not by BullMQ, whose scripts send them through cjson: that turns
 * `[]` into `{}` and rounds numbers.
 */
function optionsText(level: number, meta: string): string {
  if (meta === '') return plainOptions[level] ?? writeOptions(level, {});
  return writeOptions(level, readLimits(meta));
}

/** What of a later version, or damaged, is core's to judge when it is handed out: a plain worker goes by our defaults. */
function readLimits(meta: string): Pick<MessageMeta, 'maxRetries' | 'backoff'> {
  try {
    const read = readMeta(meta);
    return read === 'newer' ? {} : read;
  } catch {
    return {};
  }
}

function writeOptions(priority: number, limits: { readonly maxRetries?: number; readonly backoff?: BackoffOptions }): string {
  const { type, delay = 1_000, jitter = 'full' } = limits.backoff ?? defaultBackoff;
  return JSON.stringify({
    attempts: (limits.maxRetries ?? defaultRetries) + 1,
    backoff: { type, delay: durationToMs(delay, 'delay'), jitter: { none: 0, equal: 0.5, full: 1 }[jitter] },
    priority,
    removeOnComplete: true,
  });
}

interface BullOptions {
  readonly attempts?: unknown;
  readonly backoff?: unknown;
}

/** A plain client's job keeps its own rules: what its options say becomes the meta of a message. */
function foreignMeta(timestamp: string | null | undefined, optionsOfJob: string | null | undefined): string {
  const { attempts, backoff } = readOptions(optionsOfJob);
  return writeMeta({
    publishedAt: Number(timestamp ?? 0),
    maxRetries: typeof attempts === 'number' && attempts >= 1 ? Math.floor(attempts) - 1 : 0,
    backoff: readBackoff(backoff),
  });
}

function readOptions(text: string | null | undefined): BullOptions {
  try {
    const options: unknown = JSON.parse(text ?? '{}');
    return typeof options === 'object' && options !== null ? options : {};
  } catch {
    // BullMQ itself can't read such a job: it is taken with all by default.
    return {};
  }
}

function readBackoff(written: unknown): BackoffOptions | undefined {
  if (typeof written === 'number') return { type: 'fixed', delay: written, jitter: 'none' };
  if (typeof written !== 'object' || written === null) return undefined;
  const { type, delay } = written as { readonly type?: unknown; readonly delay?: unknown };
  if (type !== 'fixed' && type !== 'exponential') return undefined;
  return { type, delay: typeof delay === 'number' && delay >= 0 ? delay : 0, jitter: 'none' };
}

function toMessage(jobId: string, fields: JobFields): StoredMessage {
  const [type, data, options, timestamp, priority, meta] = fields;
  const isForeign = typeof meta !== 'string';
  return {
    id: isForeign ? jobId : toMessageId(jobId),
    type: type ?? '',
    priority: toPriority(priority),
    payload: data ?? '',
    meta: isForeign ? foreignMeta(timestamp, options) : meta,
  };
}

/** Behind the token of a delivery whose job a plain client put in. */
const foreignMark = 'f';

export function toClaim(jobId: string, token: string, fields: JobFields): Claim {
  const [, , , , , meta, starts, deliveries, redrives] = fields;
  const isForeign = typeof meta !== 'string';
  const message = toMessage(jobId, fields);
  return {
    receipt: { id: message.id, token: isForeign ? `${token}${foreignMark}` : token },
    fencingToken: Number.parseInt(token, 10),
    isForeign,
    message,
    starts: Number(starts ?? 0),
    deliveries: Number(deliveries ?? 1),
    redrives: Number(redrives ?? 0),
  };
}

/** The delivery that a receipt names, as the scripts know it. */
export function readReceipt(receipt: Claim['receipt']): { readonly jobId: string; readonly token: string; readonly isForeign: boolean } {
  const { id, token } = receipt;
  if (!token.endsWith(foreignMark)) return { jobId: toJobId(id), token, isForeign: false };
  return { jobId: id, token: token.slice(0, -foreignMark.length), isForeign: true };
}

const states: Readonly<Record<string, MessageState>> = {
  wait: 'waiting',
  prioritized: 'waiting',
  delayed: 'delayed',
  active: 'active',
  failed: 'dead',
};

/** What `show` of the scripts tells: id, where it stands, time or '', stacktrace, reason, then the fields. */
export type ShownJob = readonly [string, string, string, string | null, string | null, ...JobFields];
export const shownCount = 5 + fieldCount;

export function toFoundMessage([jobId, standing, at, stacktrace, reason, ...fields]: ShownJob): FoundMessage {
  const [, , , , , , starts, deliveries, redrives] = fields;
  const state = states[standing] ?? 'waiting';
  return {
    message: toMessage(jobId, fields),
    state,
    starts: Number(starts ?? 0),
    deliveries: Number(deliveries ?? 0),
    redrives: Number(redrives ?? 0),
    errors: readErrors(stacktrace),
    // A plain worker fails a job when its attempts are over.
    reason: state === 'dead' ? ((reason ?? 'attempts-exhausted') as DeadReason) : undefined,
    at: at === '' ? undefined : Number(at),
  };
}

function readErrors(stacktrace: string | null | undefined): readonly string[] {
  try {
    const lines: unknown = JSON.parse(stacktrace ?? '[]');
    return Array.isArray(lines) ? lines.map(String) : [];
  } catch {
    return [String(stacktrace)];
  }
}
