import assert from 'node:assert/strict';
import { type Claim, type Priority, priorities } from '#src/index.js';
import { levelOrder } from '#src/queue/level-order.js';

const claim = (priority: Priority) => ({ message: { priority } }) as Claim;

/** Claims from backlogs that never end, or end where a level is not named. */
function shares(weighted: Record<Priority, number>, deliveries: number, stocked: readonly Priority[] = priorities): Priority[] {
  const order = levelOrder({ weighted });
  const taken: Priority[] = [];
  while (taken.length < deliveries) {
    const { levels, max } = order.next(25);
    const first = levels.find((level) => stocked.includes(level)) as Priority;
    const claims = Array.from({ length: max }, () => claim(first));
    order.claimed(claims, max);
    taken.push(...claims.map(({ message }) => message.priority));
  }
  return taken.slice(0, deliveries);
}

const count = (taken: readonly Priority[], level: Priority) => taken.filter((priority) => priority === level).length;

describe('level order', () => {
  it('is strict: always from critical to low', () => {
    assert.deepEqual(levelOrder('strict').next(7), { levels: priorities, max: 7 });
  });

  it('shares by weight while every level has messages', () => {
    const taken = shares({ critical: 8, high: 4, normal: 2, low: 1 }, 1_500);
    assert.deepEqual(
      priorities.map((level) => count(taken, level)),
      [800, 400, 200, 100],
    );
  });

  it('lets the lowest level have some of each hundred', () => {
    const taken = shares({ critical: 8, high: 4, normal: 2, low: 1 }, 1_500);
    for (let from = 0; from + 100 <= taken.length; from++)
      assert.ok(count(taken.slice(from, from + 100), 'low') > 0, `none from ${from} on`);
  });

  it('gives an empty level’s turn to the others', () => {
    const taken = shares({ critical: 8, high: 4, normal: 2, low: 1 }, 300, ['normal', 'low']);
    assert.equal(count(taken, 'normal') + count(taken, 'low'), 300);
    assert.ok(count(taken, 'low') > 0);
  });
});
