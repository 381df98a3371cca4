import type { Adapter } from '@quayside/core';
import { RedisBackend } from './backend.js';
import { openConnections } from './connections.js';
import type { RedisOptions } from './options.js';
import { optionsSchema } from './options-schema.js';
import { checkLayout } from './server-check.js';
import { Waking } from './waking.js';

/** Redis 6.2 or newer (or what speaks like it), alone, behind sentinels, or a cluster. */
export const adapter: Adapter<RedisOptions> = {
  type: 'redis',
  configSchema: optionsSchema,
  async open(options, given) {
    const context = { ...given, namespace: options.keyPrefix ?? given.namespace };
    const connections = await openConnections(options, context);
    try {
      await checkLayout(connections.commands, context.namespace);
      const waking = await Waking.open(connections, context.namespace, context.logger);
      return new RedisBackend(context, connections, waking);
    } catch (error) {
      connections.close();
      throw error;
    }
  },
};
