import assert from 'node:assert/strict';
import { consistentHash } from '#src/dispatcher/consistent-hash.js';

const keys = Array.from({ length: 1000 }, (_, index) => `tenant-${index}`);
const targets = ['a', 'b', 'c', 'd', 'e'];

describe('consistent hash', () => {
  it('answers the same for the same key, whatever the order of the targets', () => {
    for (const key of keys) assert.equal(consistentHash(key, targets), consistentHash(key, targets.toReversed()));
  });

  it('spreads keys evenly', () => {
    for (const target of targets) {
      const count = keys.filter((key) => consistentHash(key, targets) === target).length;
      assert.ok(count > 150 && count < 250, `${target} has ${count} of 1000`);
    }
  });

  it('moves only the keys of a target that goes, and takes only its share for one that comes', () => {
    const before = keys.map((key) => consistentHash(key, targets));
    const without = keys.map((key) => consistentHash(key, ['a', 'b', 'd', 'e']));
    before.forEach((target, index) => {
      if (target !== 'c') assert.equal(without[index], target);
    });
    const added = keys.map((key) => consistentHash(key, [...targets, 'f']));
    before.forEach((target, index) => void assert.ok(added[index] === target || added[index] === 'f'));
  });
});
