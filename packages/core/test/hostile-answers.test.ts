import assert from 'node:assert/strict';
import { CleanCopy } from '#src/config/clean-copy.js';
import { toError } from '#src/errors.js';
import { ConfigError } from '#src/index.js';
import { asPromise, atOnce, isThenable } from '#src/thenable.js';

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function angry(): never {
  throw new Error('a trap threw');
}

describe('what an application answers or throws', () => {
  it('is an error whatever it was', () => {
    const own = new RangeError('own');
    assert.equal(toError(own, 'it failed'), own);
    for (const thrown of [undefined, revoked(), { toString: angry }, Object.create(null), Symbol('thrown')]) {
      const error = toError(thrown, 'it failed');
      assert.match(error.message, /^it failed: /);
      assert.equal(error.cause, thrown);
    }
    assert.ok(toError('x'.repeat(10_000), 'it failed').message.length < 600);
  });

  it('settles once, whatever its `then` does', async () => {
    const rude = Object.defineProperty({}, 'then', {
      value: (resolve: (value: number) => void, reject: (error: Error) => void) => {
        resolve(1);
        reject(new Error('too late'));
        throw new Error('later still');
      },
    });
    assert.ok(isThenable(rude));
    assert.equal(await asPromise(rude), 1);
  });

  it('has to be there at once where nobody can wait; its rejection ends no process', async () => {
    let uncaught = 0;
    const count = () => uncaught++;
    process.on('unhandledRejection', count);
    try {
      assert.throws(() => atOnce(Promise.reject(new Error('too late')), 'backoff()'), ConfigError);
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(uncaught, 0);
    } finally {
      process.off('unhandledRejection', count);
    }
  });

  it('is logged as far as it can be read', () => {
    const hide = (text: string) => text;
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = { deep };
    for (const thrown of [revoked(), Object.defineProperty({}, 'message', { enumerable: true, get: angry }), deep]) {
      assert.doesNotThrow(() => new CleanCopy(hide, hide).of({ err: thrown }));
    }
    assert.deepEqual(new CleanCopy(hide, hide).of({ err: revoked(), id: 'a' }), { err: '[unreadable]', id: 'a' });
  });
});
