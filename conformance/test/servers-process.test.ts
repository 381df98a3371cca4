import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '#src/servers/server-process.js';

/** More threads than a machine has processors for: they take turns in hearing of a signal. */
const busyThreads = `
  const { Worker } = require('node:worker_threads');
  for (let thread = 0; thread < 16; thread++) new Worker('for (;;);', { eval: true });
  require('node:fs').writeFileSync('pid', String(process.pid));
`;

/** Of each thread, one letter: `R` runs, `T` is stopped. */
function statesOf(pid: string): readonly string[] {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).map((thread) => readFileSync(join(tasks, thread, 'stat'), 'utf8').replace(/^.*\) (.).*$/s, '$1'));
}

describe('servers: a process', () => {
  it('that is paused stands still by the time pause resolves, all threads of it, and goes on when it is resumed', async function () {
    if (!existsSync('/proc/self/task')) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'quayside-process-'));
    const isReady = async () => existsSync(join(folder, 'pid'));
    const server = await ServerProcess.start({ name: 'threads', file: process.execPath, args: ['-e', busyThreads], folder, isReady });
    const pid = readFileSync(join(folder, 'pid'), 'utf8');
    for (let round = 0; round < 10; round++) {
      while (statesOf(pid).filter((state) => state === 'R').length < 4) await new Promise((resolve) => setImmediate(resolve));
      await server.pause();
      assert.deepEqual([...new Set(statesOf(pid))], ['T']);
      await server.resume();
    }
    await server.stop();
  });
});
