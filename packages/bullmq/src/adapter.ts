import { randomBytes } from 'node:crypto';
import { type Adapter, ConfigError } from '@quayside/core';
import { openConnections } from '@quayside/redis';
import { BullmqBackend } from './backend.js';
import { knockKey } from './keys.js';
import { type BullmqOptions, bullmqOptionsSchema, hasHashTag } from './options.js';
import { Waking } from './waking.js';

/** BullMQ 6 on Redis 6.2 or newer: its plain `Queue`, `Worker`, `QueueEvents` and dashboards see our messages as jobs, and we theirs. */
export const adapter: Adapter<BullmqOptions> = {
  type: 'bullmq',
  configSchema: bullmqOptionsSchema,
  async open({ prefix, ...server }, given) {
    const context = { ...given, namespace: prefix ?? given.namespace };
    const isCluster = server.cluster !== undefined;
    if (isCluster && !hasHashTag(context.namespace)) {
      throw new ConfigError('a cluster needs a prefix with a hash tag', [{ path: 'prefix', message: 'give one such as {bull}' }]);
    }
    const { logger, namespace } = context;
    // BullMQ's locks and deduplication windows end by their keys' time to live.
    const connections = await openConnections(server, { ...context, hasExpiringKeys: true });
    const waking = new Waking({
      dial: isCluster ? undefined : connections.dial,
      commands: connections.commands,
      knockKey: knockKey(namespace, randomBytes(9).toString('base64url')),
      logger,
    });
    return new BullmqBackend({ context, connections, waking, isCluster });
  },
};
