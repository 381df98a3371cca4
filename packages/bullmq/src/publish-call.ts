import { ConnectionError, type PublishCall, type PublishOutcome, type StoredMessage } from '@quayside/core';
import type { Argument } from '@quayside/redis';
import { messageArguments } from './job-mapping.js';
import { toMessageId } from './keys.js';

/** The arguments of `publish.lua`. @throws ConfigError */
export function publishArguments(messages: readonly StoredMessage[], call: PublishCall): Argument[] {
  const args: Argument[] = ['', call.publisher, call.sequence, call.checkIds ? '1' : '0', messages.length];
  for (const message of messages) args.push(...messageArguments(message));
  return args;
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
    return outcome === 'd' ? duplicate : { status: 'deduplicated', firstId: toMessageId(outcome.slice(1)) };
  });
}
