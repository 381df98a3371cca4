import { type Backend, type Logger, silentLogger } from '@quayside/core';
import { openBackend } from '../../backends.js';
import type { Stage } from '../stage.js';

/** The row's backend in this process, on a server; closed at the row's end. */
export async function openRowBackend(stage: Stage, url: string, logger: Logger = silentLogger): Promise<Backend> {
  const backend = await openBackend(stage.backend, { url }, { logger, namespace: 'damaged' });
  stage.onEnd(() => backend.close());
  return backend;
}
