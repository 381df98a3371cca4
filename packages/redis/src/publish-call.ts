import { ConfigError, ConnectionError, type PublishCall, type PublishOutcome, priorities, quote, type StoredMessage } from '@quayside/core';
import { wholeMs } from './exchange-call.js';
import { levelOf, packMessage } from './messages.js';
import type { Argument } from './scripts.js';

/** The arguments of `publish.lua`, from the publisher on. @throws ConfigError */
export function publishArguments(messages: readonly StoredMessage[], call: PublishCall): Argument[] {
  let levels = '';
  const bodies: Argument[] = [];
  const special: Argument[] = [];
  for (const [index, message] of messages.entries()) {
    const level = levelOf(message);
    if (level < 0) throw noLevel(message);
    levels += level;
    bodies.push(message.id, packMessage(message));
    const delay = wholeMs(message.delayMs);
    const { deduplication } = message;
    if (delay === '0' && deduplication === undefined) continue;
    special.push(index + 1, delay, deduplication?.id ?? '', wholeMs(deduplication?.windowMs));
  }
  return [call.publisher, call.sequence, call.checkIds ? '1' : '0', levels, special.length / 4, ...bodies, ...special];
}

function noLevel({ id, priority }: StoredMessage): ConfigError {
  const message = `got ${quote(priority)}; allowed are ${priorities.join(', ')}`;
  return new ConfigError(`message ${id} has no level`, [{ path: 'priority', message }]);
}

const published: PublishOutcome = { status: 'published' };
const duplicate: PublishOutcome = { status: 'duplicate' };

/** What `publish.lua` answers. @throws ConnectionError where it can't be known whether the call ran before */
export function readPublished(reply: unknown, messages: readonly StoredMessage[], call: PublishCall): readonly PublishOutcome[] {
  if (reply === 'p') return messages.map(() => published);
  if (reply === 'r') return messages.map(() => duplicate);
  if (reply === 'o') {
    const ids = messages.map(({ id }) => id);
    throw new ConnectionError(`publish call ${call.sequence} came too late to know whether it ran before`, { outcome: 'unknown', ids });
  }
  return (reply as readonly string[]).map((outcome) => {
    if (outcome === 'p') return published;
    return outcome === 'd' ? duplicate : { status: 'deduplicated', firstId: outcome.slice(1) };
  });
}
