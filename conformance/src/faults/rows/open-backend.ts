import { type Backend, type Logger, silentLogger, systemClock } from '@quayside/core';
import type { Stage } from '../stage.js';

/** The row's backend in this process, on a server; closed at the row's end. */
export async function openBackend(stage: Stage, url: string, logger: Logger = silentLogger): Promise<Backend> {
  const { adapter } = stage.backend === 'bullmq' ? await import('@quayside/bullmq') : await import('@quayside/redis');
  const backend = await adapter.open({ url }, { clock: systemClock, logger, namespace: 'damaged' });
  stage.onEnd(() => backend.close());
  return backend;
}
