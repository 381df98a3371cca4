import assert from 'node:assert/strict';
import { CapacityError, ConnectionError } from '#src/errors.js';
import type { Queue } from '#src/ports/queue.js';
import { Room } from '#src/scheduler/room.js';
import { TestClock } from '#src/time/test-clock.js';

/** A queue of which one asks the length alone. */
class CountedQueue {
  length = 0;
  asked = 0;
  failures = 0;

  async stats(): Promise<{ readonly queue_length: number }> {
    this.asked++;
    if (this.failures-- > 0) throw new ConnectionError('cut');
    return { queue_length: this.length };
  }
}

function open(size: number) {
  const clock = new TestClock();
  const queue = new CountedQueue();
  return { clock, queue, room: new Room(queue as unknown as Queue, clock, size) };
}

describe('room in the scheduler', () => {
  it('counts what this process adds without asking again, and asks again before it refuses', async () => {
    const { queue, room } = open(3);
    for (let index = 0; index < 3; index++) await room.use(true, async () => {});
    assert.equal(queue.asked, 1);
    queue.length = 3;
    await assert.rejects(
      room.use(true, async () => {}),
      CapacityError,
    );
    queue.length = 1;
    await room.use(true, async () => {});
    assert.equal(queue.asked, 3);
  });

  it('of many at once lets in no more than there is room for', async () => {
    const { room } = open(3);
    let inside = 0;
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => room.use(true, async () => void inside++)));
    assert.equal(inside, 3);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 3);
  });

  it('what is due later, or failed, takes no room', async () => {
    const { room } = open(1);
    await room.use(false, async () => {});
    await assert.rejects(
      room.use(true, () => Promise.reject(new Error('no'))),
      /no/,
    );
    await room.use(true, async () => {});
  });

  it('asks once in a tenth of a second, and rides out a short fault', async () => {
    const { clock, queue, room } = open(5);
    await room.use(false, async () => {});
    await clock.advance(50);
    await room.use(false, async () => {});
    assert.equal(queue.asked, 1);
    await clock.advance(60);
    queue.failures = 2;
    const used = room.use(false, async () => {});
    await clock.advance('1s');
    await used;
    assert.equal(queue.asked, 4);
  });
});
