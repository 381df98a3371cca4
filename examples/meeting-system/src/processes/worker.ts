/** One AI service as a process of its own. The main process starts it, says when to begin, and ends it by letting go of it. */
import { once } from 'node:events';
import { QuaysideError, QueueManager } from '@quayside/core';
import { MediaStore } from '../meeting/media-store.js';
import { LineLogger } from '../report/line-logger.js';
import { AiService } from '../services/ai-service.js';
import { openPorts } from '../services/ports.js';
import type { WorkerTask } from './worker-processes.js';

// The main process hears Ctrl-C too. It ends this one once it needs nothing of it any more.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

/** Also when the main process is killed. */
const left = once(process, 'disconnect');
const toldToBegin = once(process, 'message');

const graceMs = 3_000;
const { config, mediaFolder, name, startedAt }: WorkerTask = JSON.parse(process.argv[2] ?? '{}');
const log = new LineLogger(console.log, () => performance.timeOrigin + performance.now() - startedAt, name);

try {
  const manager = await QueueManager.create(config, { env: process.env, logger: log });
  try {
    const service = new AiService(openPorts(manager), new MediaStore(mediaFolder), log, name);
    await service.start();
    process.send?.('ready');
    await Promise.race([toldToBegin, left]);
    if (process.connected) await manager.start();
    await left;
    await manager.queue().stopWorkers({ graceMs });
    await service.stop();
  } finally {
    await manager.stop({ graceMs });
  }
} catch (error) {
  console.error(`${name}: ${error instanceof QuaysideError ? error.message : error}`);
  process.exitCode = 1;
  if (process.connected) process.disconnect();
}
