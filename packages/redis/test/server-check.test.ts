import assert from 'node:assert/strict';
import { ConnectionError, silentLogger } from '@quayside/core';
import { checkServer } from '#src/server-check.js';

const info = 'redis_version:7.0.15\r\nredis_mode:cluster\r\nmaxmemory_policy:noeviction\r\n';

/** A node of a cluster is dead, and every other call goes to it. */
function halfDead() {
  let calls = 0;
  return {
    async send() {
      if (calls++ % 2 === 0) throw new ConnectionError('the server did not answer: Connection is closed.');
      return info;
    },
  };
}

describe('the look at the server', () => {
  it('asks another node of a cluster where the first one is dead', async () => {
    assert.deepEqual(await checkServer(halfDead(), true, silentLogger), { version: '7.0.15', evictionPolicy: 'noeviction' });
  });

  it('fails where no node answers', async () => {
    const dead = { send: () => Promise.reject(new ConnectionError('the server did not answer')) };
    await assert.rejects(checkServer(dead, true, silentLogger), ConnectionError);
  });
});
