import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { Opened } from './opened.js';

const application = `
import { QueueManager } from '@quayside/core';
import { adapter } from '@quayside/redis';
const manager = await QueueManager.create(
  { message_queue: { type: 'redis' }, backends: { redis: { url: process.argv[2] } }, namespace: process.argv[3] },
  { adapters: [adapter] },
);
const done = new Promise((resolve) => manager.queue().process('greet', ({ payload }) => resolve('hello ' + payload)));
await manager.start();
await manager.queue().publish('greet', 'bundle');
console.log(await done);
await manager.stop();
`;

describe('an application in one file', () => {
  it('has the scripts in it', async function () {
    this.timeout(60_000);
    const opened = await Opened.start();
    const folder = mkdtempSync(join(tmpdir(), 'quayside-bundle-'));
    const outfile = join(folder, 'application.mjs');
    await build({
      stdin: { contents: application, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
      banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile, opened.server.url, opened.namespace], { timeout: 20_000 });
    assert.equal(stdout, 'hello bundle\n');
    rmSync(folder, { recursive: true });
    await opened.stop();
  });
});
