import assert from 'node:assert/strict';
import { type Logger, silentLogger } from '@quayside/core';
import { Redis } from 'ioredis';
import type { FaultCase } from '../fault-case.js';
import type { Stage } from '../stage.js';
import { openRowBackend } from './open-backend.js';

export const evictionCases: readonly FaultCase[] = [
  {
    id: 'F-09',
    title: 'a server that may drop keys of ours when it is full: warned at create, and health is degraded until it is set right',
    backends: ['redis', 'bullmq'],
    run: mayEvict,
  },
];

const anyKey = ['allkeys-lru', 'allkeys-lfu', 'allkeys-random'];
/** Those with a time to live: BullMQ's locks and windows, nothing of the Redis backend's. */
const expiringKeys = ['volatile-lru', 'volatile-ttl'];

async function mayEvict(stage: Stage) {
  const { url } = await stage.redis({});
  const admin = new Redis(url);
  stage.onEnd(() => admin.disconnect());
  const dangerous = stage.backend === 'bullmq' ? [...anyKey, ...expiringKeys] : anyKey;
  const harmless = stage.backend === 'bullmq' ? ['noeviction'] : ['noeviction', ...expiringKeys];
  for (const policy of dangerous) {
    await admin.config('SET', 'maxmemory-policy', policy);
    const warnings: object[] = [];
    const backend = await openRowBackend(stage, url, warningsTo(warnings));
    assert.deepEqual(warnings, [{ evictionPolicy: policy }]);
    const { status, reason = '' } = await backend.health();
    assert.equal(status, 'degraded');
    assert.ok(reason.includes(policy), reason);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    assert.deepEqual([(await backend.health()).status, (await backend.health()).reason], ['up', undefined]);
    // Also one that was set while it runs.
    await admin.config('SET', 'maxmemory-policy', policy);
    assert.equal((await backend.health()).status, 'degraded');
  }
  for (const policy of harmless) {
    await admin.config('SET', 'maxmemory-policy', policy);
    const warnings: object[] = [];
    const backend = await openRowBackend(stage, url, warningsTo(warnings));
    assert.deepEqual([warnings, (await backend.health()).status], [[], 'up'], policy);
  }
  return { note: dangerous.join(', ') };
}

function warningsTo(warnings: object[]): Logger {
  const logger: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields), child: () => logger };
  return logger;
}
