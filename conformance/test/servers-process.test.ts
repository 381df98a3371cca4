import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '#src/servers/server-process.js';

/** It is heard of as long as it runs. */
const counting = 'while true; do echo . >> count; done';

describe('servers: a process', () => {
  it('that is paused stands still by the time pause resolves, and goes on when it is resumed', async function () {
    if (!existsSync('/proc/self/task')) this.skip();
    const folder = mkdtempSync(join(tmpdir(), 'quayside-process-'));
    const count = () => readFileSync(join(folder, 'count')).length;
    const isReady = async () => existsSync(join(folder, 'count'));
    const server = await ServerProcess.start({ name: 'a loop', file: '/bin/sh', args: ['-c', counting], folder, isReady });
    for (let round = 0; round < 200; round++) {
      await server.pause();
      const before = count();
      for (let look = 0; look < 5; look++) {
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(count(), before);
      }
      await server.resume();
      while (count() === before) await new Promise((resolve) => setImmediate(resolve));
    }
    await server.stop();
  });
});
