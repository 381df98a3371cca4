/** `npm start`: one meeting from its first event to the end of its last task, in this process, or in several on a server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QuaysideError } from '@quayside/core';
import { ProcessError } from './processes/process-error.js';
import { isShared, type LentServer, lendServer } from './processes/server.js';
import { LineLogger } from './report/line-logger.js';
import { runMeeting } from './run.js';

const exitCodes = { balanced: 0, unbalanced: 1, interrupted: 130 };
const interrupted = new AbortController();
// Not once: npm passes Ctrl-C on to a program that the terminal has told already.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

const env = { QUAYSIDE_TYPE: 'memory', ...process.env };
let server: LentServer | undefined;
const mediaFolder = await mkdtemp(join(tmpdir(), 'meeting-system-'));
try {
  if (isShared(env)) server = await lendServer(env);
  const { outcome, report } = await runMeeting({
    config: fileURLToPath(new URL('../config.yaml', import.meta.url)),
    env: { ...env, ...server?.env },
    hasWorkerProcesses: isShared(env),
    mediaFolder,
    log: new LineLogger(console.log, () => performance.now(), 'meeting'),
    signal: interrupted.signal,
  });
  console.log(`\n${report}`);
  process.exitCode = exitCodes[outcome];
} catch (error) {
  // What Quayside throws says what to do about it; anything else is a bug here, and wants its stack.
  console.error(error instanceof QuaysideError || error instanceof ProcessError ? error.message : error);
  process.exitCode = 1;
} finally {
  await server?.stop();
  await rm(mediaFolder, { recursive: true, force: true });
}
