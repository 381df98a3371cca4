import assert from 'node:assert/strict';
import { CapacityError, ClosedError, ConnectionError, createQueue, type StoredMessage, TestClock, TimeoutError } from '#src/index.js';
import { CallMemory, type PublishScript, scriptedStore } from './scripted-store.js';

const lost = () => new ConnectionError('the reply was lost', { outcome: 'unknown' });
const away = () => new ConnectionError('no server', { outcome: 'not-published' });

function queueOver(publish: PublishScript, options = {}) {
  const clock = new TestClock();
  return { clock, queue: createQueue('q', { store: scriptedStore(publish), clock, options }) };
}

describe('publisher', () => {
  it('gathers what one turn publishes into one call, in order', async () => {
    const calls: (readonly StoredMessage[])[] = [];
    const { queue } = queueOver(async (messages) => {
      calls.push(messages);
      return messages.map(() => ({ status: 'published' }));
    });
    const results = await Promise.all([1, 2, 3].map((n) => queue.publish('t', n)));
    assert.deepEqual(
      calls.map((call) => call.map((message) => message.payload)),
      [['1', '2', '3']],
    );
    assert.deepEqual(
      results.map((result) => result.id),
      calls[0]?.map((message) => message.id),
    );
  });

  it('sends a lone message before the turn of the event loop is over; what comes while it is under way gathers', async () => {
    const calls: unknown[] = [];
    let isTurnOver = false;
    const { queue } = queueOver(async (messages) => {
      calls.push([isTurnOver, ...messages.map(({ payload }) => payload)]);
      return messages.map(() => ({ status: 'published' }));
    });
    setImmediate(() => {
      isTurnOver = true;
    });
    const publishes = [queue.publish('t', 1)];
    for (let n = 2; n < 5; n++) {
      await Promise.resolve();
      publishes.push(queue.publish('t', n));
    }
    await Promise.all(publishes);
    assert.deepEqual(calls, [
      [false, '1'],
      [true, '2', '3', '4'],
    ]);
  });

  it('repeats a call whose reply was lost under its name, so that it is stored once', async () => {
    const memory = new CallMemory();
    let isFirst = true;
    const { queue } = queueOver(async (messages, call) => {
      const outcomes = memory.publish(messages, call);
      if (!isFirst) return outcomes;
      isFirst = false;
      throw lost();
    });
    const { id, isDeduplicated } = await queue.publish('t', 1);
    assert.deepEqual(memory.stored, [id]);
    assert.equal(isDeduplicated, false);
  });

  it("rejects with outcome unknown and the id, and makes the application's second try exact, a hundred calls later", async () => {
    const memory = new CallMemory();
    let isLosing = true;
    const { queue, clock } = queueOver(async (messages, call) => {
      const outcomes = memory.publish(messages, call);
      if (isLosing) throw lost();
      return outcomes;
    });
    const first = queue.publish('t', 1);
    first.catch(() => {});
    await clock.advance('6s');
    const error = await first.then(
      () => assert.fail('it resolved'),
      (rejection: ConnectionError) => rejection,
    );
    assert.equal(error.outcome, 'unknown');
    assert.deepEqual(error.ids, memory.stored);
    isLosing = false;
    for (let n = 0; n < 100; n++) await queue.publish('t', n);
    const again = await queue.publish('t', 1, { id: error.ids?.[0] });
    assert.deepEqual(again, { id: error.ids?.[0], isDeduplicated: true });
    assert.equal(memory.stored.length, 101);
  });

  it('sends all of an unknown call again where the application repeats one of its messages', async () => {
    const memory = new CallMemory();
    let mode: 'lose' | 'work' = 'lose';
    const { queue, clock } = queueOver(async (messages, call) => {
      if (mode === 'lose') throw lost();
      return memory.publish(messages, call);
    });
    const publishes = [1, 2].map((n) => queue.publish('t', n, { id: `m${n}` }));
    const outcomes = Promise.allSettled(publishes);
    await clock.advance('6s');
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    mode = 'work';
    await queue.publish('t', 2, { id: 'm2' });
    await queue.publish('t', 1, { id: 'm1' });
    assert.deepEqual(memory.stored, ['m1', 'm2']);
  });

  it('waits while the server is away and publishes when it is back', async () => {
    const memory = new CallMemory();
    let isAway = true;
    const { queue, clock } = queueOver(async (messages, call) => {
      if (isAway) throw away();
      return memory.publish(messages, call);
    });
    const publish = queue.publish('t', 1);
    await clock.advance('2s');
    isAway = false;
    await clock.advance('1s');
    assert.deepEqual(memory.stored, [(await publish).id]);
  });

  it('rejects as not published when the server stays away for publishTimeout', async () => {
    const { queue, clock } = queueOver(async () => Promise.reject(away()), { publishTimeout: '3s' });
    const rejected = assert.rejects(queue.publish('t', 1), (error: ConnectionError) => error.outcome === 'not-published');
    await clock.advance('3s');
    await rejected;
  });

  it('rejects as unknown when the server never answers', async () => {
    const { queue, clock } = queueOver(() => new Promise(() => {}));
    const rejected = assert.rejects(queue.publish('t', 1, { publishTimeout: '1s' }), (error: TimeoutError) => {
      assert.ok(error instanceof TimeoutError);
      return error.outcome === 'unknown' && error.ids?.length === 1;
    });
    await clock.advance('1s');
    await rejected;
  });

  it('refuses what its buffer has no room for, and takes more when there is room again', async () => {
    let answer: () => void = () => {};
    const { queue, clock } = queueOver(
      (messages) =>
        new Promise((resolve) => {
          answer = () => resolve(messages.map(() => ({ status: 'published' })));
        }),
      { publishBuffer: 2 },
    );
    const waiting = [queue.publish('t', 1), queue.publish('t', 2)];
    await assert.rejects(queue.publish('t', 3), (error: CapacityError) => {
      return error instanceof CapacityError && error.outcome === 'not-published';
    });
    await clock.settle();
    answer();
    await Promise.all(waiting);
    const next = queue.publish('t', 3);
    await clock.settle();
    answer();
    await next;
  });

  it('tells each of the gathered messages its own id when their call fails', async () => {
    const { queue } = queueOver(async () => Promise.reject(new CapacityError('out of memory', { outcome: 'not-published' })));
    const outcomes = await Promise.allSettled([1, 2].map((n) => queue.publish('t', n, { id: `m${n}` })));
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as CapacityError).ids),
      [['m1'], ['m2']],
    );
  });

  it('sends a batch as one call of its own, between what was published before and after it', async () => {
    const sizes: number[] = [];
    const { queue } = queueOver(async (messages) => {
      sizes.push(messages.length);
      return messages.map(() => ({ status: 'published' }));
    });
    await Promise.all([
      queue.publish('t', 0),
      queue.publishBatch([1, 2, 3].map((payload) => ({ type: 't', payload }))),
      queue.publish('t', 4),
    ]);
    assert.deepEqual(sizes, [1, 3, 1]);
  });

  it('rejects with ClosedError after stop', async () => {
    const { queue } = queueOver(async (messages) => messages.map(() => ({ status: 'published' })));
    await queue.stop();
    await assert.rejects(queue.publish('t', 1), ClosedError);
    await assert.rejects(queue.publishBatch([{ type: 't', payload: 1 }]), ClosedError);
  });
});
