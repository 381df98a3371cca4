import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Due, DueList } from '#src/due-list.js';

const byTime = (a: Due, b: Due) => a.at - b.at || a.order - b.order;

/** Counts how often a time is looked at: what a search costs, whatever the machine. */
class CountingDue implements Due {
  static looks = 0;
  order = 0;
  #at = 0;
  get at() {
    CountingDue.looks++;
    return this.#at;
  }
  set at(at: number) {
    this.#at = at;
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), at: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), of: fc.nat(10_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete first' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('read' as const), of: fc.nat(10_000), limit: fc.integer({ min: 1, max: 2_000 }) }),
  },
);

/** One list beside a plain array, both told the same. */
class Pair {
  readonly list = new DueList<Due>();
  readonly plain: Due[] = [];
  #order = 0;

  add(at: number) {
    const item = { at: 0, order: 0 };
    this.list.add(item, at, this.#order++);
    this.plain.push(item);
  }

  delete(index: number) {
    const [item] = this.plain.splice(index, 1);
    if (item === undefined) return;
    assert.equal(this.list.delete(item), true);
    assert.equal(this.list.delete(item), false, 'it was taken out twice');
  }

  /** Behind an item that is here, or was. */
  read(behind: Due, limit: number) {
    const expected = this.plain.filter((each) => byTime(each, behind) > 0).sort(byTime);
    assert.deepEqual(this.list.after(behind.at, behind.order, limit), expected.slice(0, limit));
  }

  check() {
    const sorted = this.plain.toSorted(byTime);
    assert.equal(this.list.size, sorted.length);
    assert.equal(this.list.first, sorted[0]);
    assert.deepEqual(this.list.after(Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY), sorted);
  }
}

describe('due list', () => {
  it('holds in order what a sorted array holds, whatever comes and goes', () => {
    // Enough to begin with for several runs, so that some are split and some fall empty.
    const begin = fc.array(fc.nat(30), { minLength: 1_500, maxLength: 2_000 });
    const property = fc.property(begin, fc.array(step, { maxLength: 60 }), fc.boolean(), (first, steps, isEmptied) => {
      const pair = new Pair();
      for (const at of first) pair.add(at);
      pair.check();
      for (const each of steps) {
        const any = pair.plain['of' in each ? each.of % Math.max(1, pair.plain.length) : 0];
        if (each.kind === 'add') pair.add(each.at);
        else if (each.kind === 'delete') pair.delete(each.of % Math.max(1, pair.plain.length));
        else if (each.kind === 'delete first') pair.delete(pair.plain.indexOf(pair.list.first ?? { at: 0, order: 0 }));
        else if (any !== undefined) pair.read(any, each.limit);
      }
      pair.check();
      while (isEmptied && pair.plain.length > 0) pair.delete(pair.plain.length >>> 1);
      pair.check();
    });
    fc.assert(property, { numRuns: 25 });
  });

  it('keeps what falls due at one moment in the order in which it was added', () => {
    const list = new DueList<Due & { readonly name: number }>();
    for (let name = 0; name < 2_000; name++) list.add({ name, at: 0, order: 0 }, 5, name);
    const names = list.after(Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY).map(({ name }) => name);
    assert.deepEqual(
      names,
      Array.from({ length: 2_000 }, (_, name) => name),
    );
  });

  it('adds and finds among 100,000 with few looks, at the ends and in the middle', () => {
    const list = new DueList<CountingDue>();
    const items = Array.from({ length: 100_000 }, () => new CountingDue());
    // In an order that jumps about: 7,919 has no divisor in common with 100,000.
    items.forEach((item, index) => void list.add(item, (index * 7_919) % 100_000, index));
    CountingDue.looks = 0;
    for (const item of items.slice(0, 1_000)) list.delete(item);
    for (const [index, item] of items.slice(0, 1_000).entries()) list.add(item, index * 100 + 0.5, index);
    const looks = CountingDue.looks / 2_000;
    // Twice the binary logarithm of 100,000 for a key that is looked at twice where two are equal, and a handful at the ends of a run.
    assert.ok(looks < 45, `${looks} looks on an average`);
  });

  it('is empty after clear', () => {
    const list = new DueList<Due>();
    const item = { at: 0, order: 0 };
    list.add(item, 1, 0);
    list.clear();
    assert.deepEqual([list.size, list.first, list.delete(item)], [0, undefined, false]);
  });
});
