import assert from 'node:assert/strict';
import { dispatchError, isRefusal, renamingItems } from '#src/dispatcher/dispatch-errors.js';
import { CapacityError, ClosedError, ConfigError, ConnectionError, NoRouteError, PayloadError, TimeoutError } from '#src/index.js';
import { namingItem } from '#src/message/batch-item.js';

describe('what a dispatch rejects with', () => {
  it('says of a fault what is known, and keeps its kind and cause', () => {
    for (const Kind of [ConnectionError, TimeoutError, CapacityError]) {
      const cause = new Kind('away');
      const error = dispatchError(cause, 'unknown', ['a', 'b']);
      assert.ok(error instanceof Kind);
      assert.deepEqual([error.outcome, error.ids, error.cause], ['unknown', ['a', 'b'], cause]);
    }
  });

  it('is the refusal itself, and whatever else was thrown', () => {
    for (const error of [new PayloadError('bad'), new ConfigError('bad'), new ClosedError('the queue'), new RangeError('a hook'), 'text'])
      assert.equal(dispatchError(error, 'unknown', []), error);
  });

  it('tells refusals from faults that pass', () => {
    assert.ok([new PayloadError('bad'), new ConfigError('bad'), new Error('a hook refuses')].every(isRefusal));
    assert.ok(![new ConnectionError('x'), new TimeoutError('x'), new CapacityError('x'), new ClosedError('x')].some(isRefusal));
  });

  it('names the item of a batch, by its place in the call', () => {
    const config = namingItem(new ConfigError('bad', [{ path: 'options.timeout', message: 'got 0' }]), 3);
    assert.ok(config instanceof ConfigError);
    assert.equal(config.issues[0]?.path, 'items[3].options.timeout');
    const route = namingItem(new NoRouteError('t'), 3);
    assert.ok(route instanceof NoRouteError);
    assert.match(route.message, /item 3/);
    const ofQueue = new PayloadError('item 1 of the batch is wrong', [{ path: 'items[1].payload.x', message: 'too large' }]);
    const renamed = renamingItems(ofQueue, (index) => index * 10);
    assert.ok(renamed instanceof PayloadError);
    assert.equal(renamed.issues[0]?.path, 'items[10].payload.x');
    const fault = new ConnectionError('away');
    assert.equal(
      renamingItems(fault, (index) => index),
      fault,
    );
  });
});
