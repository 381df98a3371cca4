import assert from 'node:assert/strict';
import { CapacityError, ConfigError, ConnectionError, TimeoutError } from '#src/errors.js';
import { isUnreachable, patiently } from '#src/time/patience.js';
import { TestClock } from '#src/time/test-clock.js';

/** Fails with each of these, then works. */
function failing(...errors: Error[]): { readonly work: () => Promise<string>; readonly tries: () => number } {
  let tries = 0;
  const work = async () => {
    tries++;
    const error = errors.shift();
    if (error !== undefined) throw error;
    return 'done';
  };
  return { work, tries: () => tries };
}

describe('patience with a backend', () => {
  it('tries again after faults that pass, with growing pauses', async () => {
    const clock = new TestClock();
    const { work, tries } = failing(new ConnectionError('a'), new TimeoutError('b'), new CapacityError('c'));
    const done = patiently({ clock }, work);
    await clock.advance(49);
    assert.equal(tries(), 1);
    await clock.advance(1);
    assert.equal(tries(), 2);
    await clock.advance(99);
    assert.equal(tries(), 2);
    await clock.advance(300);
    assert.equal(await done, 'done');
  });

  it('does not try again after a refusal, or what the caller does not think worth it', async () => {
    const clock = new TestClock();
    const refused = failing(new ConfigError('wrong'));
    await assert.rejects(patiently({ clock }, refused.work), ConfigError);
    const full = failing(new CapacityError('full'));
    await assert.rejects(patiently({ clock, isWorthATry: isUnreachable }, full.work), CapacityError);
    assert.deepEqual([refused.tries(), full.tries()], [1, 1]);
  });

  it('ends at its time, and when it is told that it is no use any more', async () => {
    const clock = new TestClock();
    const cut = () => new ConnectionError('cut');
    const timed = failing(...Array.from({ length: 100 }, cut));
    const first = assert.rejects(patiently({ clock, until: clock.monotonic() + 400 }, timed.work), ConnectionError);
    await clock.advance('2s');
    await first;
    assert.equal(timed.tries(), 4);
    const abort = new AbortController();
    const aborted = failing(...Array.from({ length: 100 }, cut));
    const second = assert.rejects(patiently({ clock, signal: abort.signal }, aborted.work), ConnectionError);
    await clock.settle();
    abort.abort();
    await second;
    assert.equal(aborted.tries(), 2);
    assert.equal(clock.pendingTimers, 0);
  });
});
