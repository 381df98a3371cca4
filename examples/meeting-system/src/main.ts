/** `npm start`: one meeting from its first event to the end of its last task, in this process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QuaysideError } from '@quayside/core';
import { LineLogger } from './report/line-logger.js';
import { runMeeting } from './run.js';

const exitCodes = { balanced: 0, unbalanced: 1, interrupted: 130 };
const interrupted = new AbortController();
// Not once: npm passes Ctrl-C on to a program that the terminal has told already.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

const mediaFolder = await mkdtemp(join(tmpdir(), 'meeting-system-'));
try {
  const { outcome, report } = await runMeeting({
    config: fileURLToPath(new URL('../config.yaml', import.meta.url)),
    env: { QUAYSIDE_TYPE: 'memory', ...process.env },
    mediaFolder,
    log: new LineLogger(console.log, () => performance.now(), 'meeting'),
    signal: interrupted.signal,
  });
  console.log(`\n${report}`);
  process.exitCode = exitCodes[outcome];
} catch (error) {
  // What Quayside throws says what to do about it; anything else is a bug here, and wants its stack.
  console.error(error instanceof QuaysideError ? error.message : error);
  process.exitCode = 1;
} finally {
  await rm(mediaFolder, { recursive: true, force: true });
}
