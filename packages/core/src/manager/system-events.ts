import { getGlobalQueueManager } from './global.js';
import type { OnManager } from './options.js';

/** The channel of system events. */
export const systemChannel = 'system_events';

/** What one service tells all others: that a model was loaded, that a configuration changed. */
export interface SystemEvent<Data = unknown> {
  readonly type: string;
  readonly data: Data;
}

/** Tells every service; resolves with the event's id. @throws what `PubSub.publish` throws */
export async function publishSystemEvent(type: string, data: unknown = null, { manager }: OnManager = {}): Promise<string> {
  const event: SystemEvent = { type, data };
  return (manager ?? getGlobalQueueManager()).pubsub().publish(systemChannel, event);
}
