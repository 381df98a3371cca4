import assert from 'node:assert/strict';
import { TestClock } from '@quayside/core';
import { Waiters, type WaitingLine } from '#src/waiters.js';

const never = new AbortController().signal;

/** The server's side, by hand. */
class FakeLine implements WaitingLine {
  isHeard = true;
  joins = 0;
  passedOn = 0;
  readonly failures: unknown[] = [];
  answer: () => Promise<number | undefined> = async () => undefined;

  join(): Promise<number | undefined> {
    this.joins++;
    return this.answer();
  }

  async passOn(): Promise<void> {
    this.passedOn++;
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }
}

describe('Waiters', () => {
  let clock: TestClock;
  let line: FakeLine;
  let waiters: Waiters;
  let returned: string[];

  beforeEach(() => {
    clock = new TestClock();
    line = new FakeLine();
    waiters = new Waiters(clock, line);
    returned = [];
  });

  function wait(name: string, timeoutMs = 60_000, signal = never): Promise<void> {
    return waiters.wait(timeoutMs, signal).then(() => void returned.push(name));
  }

  /** What an exchange does. */
  function look(isListed: boolean): void {
    waiters.looked(waiters.looks(), isListed);
  }

  it('a wake-up ends one sleep, the longest', async () => {
    look(true);
    void wait('first');
    void wait('second');
    await clock.settle();
    waiters.woken();
    look(true);
    await clock.settle();
    assert.deepEqual(returned, ['first']);
    assert.equal(line.passedOn, 0);
  });

  it('asks the server for a place where the last look gave none, and only then', async () => {
    void wait('first');
    await clock.settle();
    void wait('second');
    await clock.settle();
    assert.equal(line.joins, 1);
    assert.equal(waiters.isListed, true);
  });

  it('returns at once where the server says that there is work', async () => {
    line.answer = async () => 0;
    void wait('first');
    await clock.settle();
    assert.deepEqual(returned, ['first']);
    assert.equal(waiters.isListed, false);
  });

  it('sleeps no longer than the server says, than it is asked to, and than five seconds', async () => {
    line.answer = async () => 700;
    void wait('told');
    await clock.advance(699);
    assert.deepEqual(returned, []);
    await clock.advance(1);
    assert.deepEqual(returned, ['told']);
    void wait('asked', 300);
    await clock.advance(300);
    assert.deepEqual(returned, ['told', 'asked']);
    void wait('bound');
    await clock.advance(4_999);
    assert.equal(returned.length, 2);
    await clock.advance(1);
    assert.equal(returned.length, 3);
  });

  it('a wake-up that overtakes the answer to the look that asked for it is not lost', async () => {
    const begun = waiters.looks();
    waiters.woken();
    waiters.looked(begun, true);
    assert.equal(waiters.isListed, false);
    line.answer = async () => 0;
    void wait('first');
    await clock.settle();
    assert.deepEqual(returned, ['first']);
  });

  it('a wake-up that overtakes the answer to joining is not lost', async () => {
    let answer: () => void = () => {};
    line.answer = () => new Promise((resolve) => (answer = () => resolve(undefined)));
    void wait('first');
    waiters.woken();
    answer();
    await clock.settle();
    assert.deepEqual(returned, ['first']);
  });

  it('a wake-up that nobody looks after goes to the next sleeper, then to another process', async () => {
    look(true);
    void wait('first');
    void wait('second');
    await clock.settle();
    waiters.woken();
    await clock.settle();
    assert.deepEqual(returned, ['first', 'second']);
    assert.equal(line.passedOn, 1);
  });

  it('a wake-up goes on to another process where nobody sleeps', async () => {
    look(true);
    waiters.woken();
    await clock.settle();
    assert.equal(line.passedOn, 1);
  });

  it('an aborted wait returns, leaves no timer behind, and takes no wake-up along', async () => {
    look(true);
    const abort = new AbortController();
    void wait('aborted', 60_000, abort.signal);
    void wait('other');
    await clock.settle();
    abort.abort();
    await clock.settle();
    assert.deepEqual(returned, ['aborted']);
    assert.equal(clock.pendingTimers, 1);
    waiters.woken();
    await clock.settle();
    assert.deepEqual(returned, ['aborted', 'other']);
  });

  it('a restart ends every sleep and forgets the place', async () => {
    look(true);
    void wait('first');
    void wait('second');
    await clock.settle();
    waiters.restarted();
    await clock.settle();
    assert.deepEqual(returned, ['first', 'second']);
    assert.equal(waiters.isListed, false);
  });

  it('where no wake-up is heard, it returns ten times a second, and asks for no place', async () => {
    line.isHeard = false;
    void wait('first');
    await clock.advance(99);
    assert.deepEqual(returned, []);
    await clock.advance(1);
    assert.deepEqual(returned, ['first']);
    assert.equal(line.joins, 0);
  });

  it('where the server gives no place, it returns ten times a second, and rejects for nobody', async () => {
    line.answer = () => Promise.reject(new Error('OOM'));
    void wait('first');
    await clock.advance(100);
    assert.deepEqual(returned, ['first']);
    assert.equal(line.failures.length, 1);
  });
});
