import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionError, parseChannelFilter, silentLogger, systemClock } from '@quayside/core';
import Sqlite from 'better-sqlite3';
import { adapter } from 'quayside-sqlite-example';

describe('a file that is broken while it is open', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quayside-broken-'));
  const file = join(folder, 'tasks.db');
  after(() => rmSync(folder, { recursive: true }));

  it('is told of by calls and health; what looks at it by a timer neither hangs nor ends the process', async () => {
    const backend = await adapter.open({ file }, { clock: systemClock, logger: silentLogger, namespace: 'broken' });
    const store = backend.queueStore?.('tasks');
    const transport = backend.pubSubTransport?.('channels');
    assert.ok(store && transport);
    const { signal } = new AbortController();
    await transport.subscribe(parseChannelFilter('channel', 'news'), () => undefined, { signal });
    const waited = store.wait(3_600_000, signal);

    const breaker = new Sqlite(file);
    breaker.exec('DROP TABLE frames; DROP TABLE messages');
    breaker.close();

    await waited;
    await assert.rejects(store.exchange([]), ConnectionError);
    await assert.rejects(transport.publish([{ channel: 'news', body: '{}' }], signal), ConnectionError);
    assert.equal((await backend.health()).status, 'down');
    await backend.close();
  });
});
