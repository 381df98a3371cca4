import { readDuration } from '../attempt-options.js';
import { checkSignal } from '../call-options.js';
import { ConfigError, type Issue, quote } from '../errors.js';
import { checkName } from '../message/names.js';
import type { PubSubOptions, SubscribeOptions } from '../ports/pubsub.js';

/** The port's options, checked and with every default filled in; durations in milliseconds. */
export interface PubSubSettings {
  readonly bufferSize: number;
  readonly concurrency: number;
  readonly publishTimeoutMs: number;
  readonly publishBuffer: number;
  readonly maxPayloadBytes: number;
}

/** One subscription's part of it. */
export interface SubscriptionSettings {
  readonly bufferSize: number;
  readonly concurrency: number;
}

function checkWhole(value: unknown, path: string, most: number, issues: Issue[]): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return;
  issues.push({ path, message: `got ${quote(value)}; allowed is a whole number from 1 to ${most}` });
}

const mostBuffered = 10_000_000;
const mostConcurrent = 10_000;
/** Frames that a durable subscription takes ahead: enough to hide the way to the server, few enough to leave some to others. */
const durableAhead = 100;

/** Checks all options at once. @throws ConfigError that lists every issue. */
export function resolveSettings(options: PubSubOptions = {}): PubSubSettings {
  const issues: Issue[] = [];
  const { bufferSize = 1_000, concurrency = 1, publishBuffer = 10_000, maxPayloadBytes = 1024 * 1024 } = options;
  checkWhole(bufferSize, 'bufferSize', mostBuffered, issues);
  checkWhole(concurrency, 'concurrency', mostConcurrent, issues);
  checkWhole(publishBuffer, 'publishBuffer', mostBuffered, issues);
  checkWhole(maxPayloadBytes, 'maxPayloadBytes', 512 * 1024 * 1024, issues);
  const publishTimeoutMs = readDuration(options.publishTimeout, 'publishTimeout', 0, issues) ?? 5_000;
  if (issues.length > 0) throw new ConfigError('the pub/sub options are wrong', issues);
  return { bufferSize, concurrency, publishTimeoutMs, publishBuffer, maxPayloadBytes };
}

/** @throws ConfigError, InvalidNameError */
export function resolveSubscription(options: SubscribeOptions, handler: unknown, defaults: PubSubSettings): SubscriptionSettings {
  const issues: Issue[] = [];
  const { group, durable } = options;
  checkSignal(options.signal);
  const { bufferSize = durable === undefined ? defaults.bufferSize : durableAhead, concurrency = defaults.concurrency, onGap } = options;
  checkWhole(bufferSize, 'options.bufferSize', mostBuffered, issues);
  checkWhole(concurrency, 'options.concurrency', mostConcurrent, issues);
  if (typeof handler !== 'function') issues.push({ path: 'handler', message: `got ${quote(handler)}; allowed is a function` });
  if (onGap !== undefined && typeof onGap !== 'function') {
    issues.push({ path: 'options.onGap', message: `got ${quote(onGap)}; allowed is a function` });
  }
  if (group !== undefined && durable !== undefined) {
    issues.push({ path: 'options.group', message: 'stands beside durable, whose subscriptions share already; allowed is one of the two' });
  }
  if (issues.length > 0) throw new ConfigError('the options of subscribe are wrong', issues);
  if (group !== undefined) checkName('group', group);
  if (durable !== undefined) checkName('durable name', durable);
  return { bufferSize, concurrency };
}
