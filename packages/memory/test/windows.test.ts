import assert from 'node:assert/strict';
import { Windows } from '#src/windows.js';

describe('deduplication windows', () => {
  it('last until their time, and not a moment longer', () => {
    const windows = new Windows();
    windows.open('order-7', 'm1', 1_000, 500);
    assert.deepEqual([windows.firstId('order-7', 1_499), windows.firstId('order-7', 1_500)], ['m1', undefined]);
  });

  it('can be opened anew when they are over, for a time of their own', () => {
    const windows = new Windows();
    windows.open('order-7', 'm1', 0, 500);
    windows.open('order-7', 'm2', 600, 500);
    windows.forgetEnded(600);
    assert.deepEqual([windows.firstId('order-7', 1_099), windows.firstId('order-7', 1_100), windows.size], ['m2', undefined, 1]);
  });

  it('end with their own message, not with an earlier one of the same id', () => {
    const windows = new Windows();
    const first = windows.open('order-7', 'm1', 0, 500);
    const second = windows.open('order-7', 'm2', 600, 500);
    windows.end(first);
    assert.equal(windows.firstId('order-7', 700), 'm2');
    windows.end(second);
    assert.deepEqual([windows.firstId('order-7', 700), windows.size], [undefined, 0]);
  });

  it('opened anew outlast the ones that ended before, also where those are forgotten later', () => {
    const windows = new Windows();
    for (let order = 0; order < 20; order++) windows.open(`order-${order}`, 'old', 0, 500);
    windows.open('order-19', 'new', 600, 500);
    windows.forgetEnded(600, Number.POSITIVE_INFINITY);
    assert.deepEqual([windows.firstId('order-19', 600), windows.ids()], ['new', ['order-19']]);
  });

  it('do not pile up, however many are opened, short ones among long ones', () => {
    const windows = new Windows();
    for (let now = 0; now < 10_000; now++) windows.open(`order-${now}`, `m${now}`, now, now % 100 === 0 ? 1_000_000 : 10);
    assert.ok(windows.size <= 100 + 12, `${windows.size} are remembered, where 110 last`);
    assert.equal(windows.firstId('order-0', 10_000), 'm0');
  });
});
