import assert from 'node:assert/strict';
import { Throttle } from '#src/dispatcher/throttle.js';
import { TestClock } from '#src/index.js';

function throttled() {
  const clock = new TestClock();
  const passed: unknown[] = [];
  const gates: (() => void)[] = [];
  let isSlow = false;
  const throttle = new Throttle<unknown>(clock, 100, (value) => {
    passed.push(value);
    return isSlow ? new Promise<void>((resolve) => void gates.push(resolve)) : Promise.resolve();
  });
  return {
    clock,
    passed,
    gates,
    throttle,
    slow: () => {
      isSlow = true;
    },
  };
}

describe('a throttle', () => {
  it('passes on the latest of a burst, once', async () => {
    const { clock, passed, throttle } = throttled();
    for (const value of [1, 2, 3]) throttle.set(value);
    assert.deepEqual(passed, []);
    await clock.advance(99);
    assert.deepEqual(passed, []);
    await clock.advance(1);
    assert.deepEqual(passed, [3]);
    await clock.advance(1000);
    assert.deepEqual(passed, [3]);
    assert.equal(clock.pendingTimers, 0);
  });

  it('passes on at most one value in its time, and never an older one', async () => {
    const { clock, passed, throttle } = throttled();
    for (let value = 0; value < 50; value++) {
      throttle.set(value);
      await clock.advance(10);
    }
    assert.ok(passed.length >= 4 && passed.length <= 5, `passed ${passed}`);
    assert.deepEqual(
      passed,
      passed.toSorted((one, other) => Number(one) - Number(other)),
    );
  });

  it('calls not again before the last call is done', async () => {
    const { clock, passed, gates, throttle, slow } = throttled();
    slow();
    throttle.set('first');
    await clock.advance(100);
    throttle.set('second');
    throttle.set('third');
    await clock.advance(1000);
    assert.deepEqual(passed, ['first']);
    gates[0]?.();
    await clock.advance(100);
    assert.deepEqual(passed, ['first', 'third']);
  });

  it('answers at its end what was not passed on, after what was under way, and leaves no timer', async () => {
    const { clock, passed, gates, throttle, slow } = throttled();
    slow();
    throttle.set('under way');
    await clock.advance(100);
    throttle.set('left');
    let rest: unknown;
    const end = throttle.end().then((value) => {
      rest = value;
    });
    await clock.settle();
    assert.equal(rest, undefined, 'it waits for what is under way');
    gates[0]?.();
    await end;
    assert.deepEqual([rest, passed], [{ value: 'left' }, ['under way']]);
    assert.equal(clock.pendingTimers, 0);
    assert.equal(await throttle.end(), undefined);
  });
});
