import { type MessageMeta, readMeta } from '../message/envelope.js';
import type { DeadLetter, MessageView } from '../ports/queue.js';
import type { FoundMessage } from '../ports/queue-store.js';
import { openAttemptError } from './attempt-error.js';
import type { QueueEngine } from './engine.js';
import { publishedAt } from './held.js';

/** A message at rest. What can't be read is shown as the text that it is: this is where somebody looks for what went wrong. */
export function toView(engine: QueueEngine, found: FoundMessage): MessageView {
  const { id, type, priority, payload } = found.message;
  const meta = readableMeta(found.message.meta);
  return {
    message: {
      id,
      type,
      payload: readable(engine, payload),
      priority,
      headers: meta.headers ?? {},
      publishedAt: publishedAt(id, meta),
      redriveCount: found.redrives,
    },
    state: found.state,
    attempts: found.starts,
    deliveries: found.deliveries,
    errors: found.errors.map(openAttemptError),
    at: found.at === undefined ? undefined : new Date(found.at),
    reason: found.reason,
  };
}

export function toDeadLetter(engine: QueueEngine, found: FoundMessage): DeadLetter {
  return { ...toView(engine, found), state: 'dead', reason: found.reason ?? 'corrupt' };
}

function readable(engine: QueueEngine, payload: string): unknown {
  try {
    return engine.codec.decode(payload);
  } catch {
    return payload;
  }
}

function readableMeta(text: string): MessageMeta {
  try {
    const meta = readMeta(text);
    return meta === 'newer' ? {} : meta;
  } catch {
    return {};
  }
}
