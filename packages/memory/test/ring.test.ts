import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Ring } from '#src/ring.js';

interface Item {
  readonly name: number;
}

/** The same, so plain that it can be checked by reading. */
class PlainLine {
  #items: { readonly item: Item; readonly place: number }[] = [];

  push(item: Item, place: number) {
    this.#items.push({ item, place });
  }
  unshift(item: Item, place: number) {
    this.#items.unshift({ item, place });
  }
  shift() {
    return this.#items.shift()?.item;
  }
  delete(place: number) {
    const isHere = this.#items.some((each) => each.place === place);
    this.#items = this.#items.filter((each) => each.place !== place);
    return isHere;
  }
  after(place: number, limit: number) {
    return this.#items
      .filter((each) => each.place > place)
      .map(({ item }) => item)
      .slice(0, limit);
  }
  before(place: number, limit: number) {
    return this.#items
      .filter((each) => each.place < place)
      .map(({ item }) => item)
      .reverse()
      .slice(0, limit);
  }
  get all() {
    return this.#items.map(({ item }) => item);
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unshift' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('shift' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), of: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('read' as const), of: fc.nat(300), limit: fc.integer({ min: 1, max: 5 }) }) },
);

const everything = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

describe('ring', () => {
  it('does what a plain array does, whatever comes and goes at its ends and in its middle', () => {
    const property = fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const ring = new Ring<Item>();
      const plain = new PlainLine();
      const places: number[] = [];
      for (const [name, each] of steps.entries()) {
        const place = places[('of' in each ? each.of : 0) % Math.max(1, places.length)] ?? 0;
        if (each.kind === 'push' || each.kind === 'unshift') {
          const given = ring[each.kind]({ name });
          plain[each.kind]({ name }, given);
          places.push(given);
        } else if (each.kind === 'shift') assert.deepEqual(ring.shift(), plain.shift());
        else if (each.kind === 'delete') assert.equal(ring.delete(place), plain.delete(place));
        else {
          assert.deepEqual(ring.after(place, each.limit), plain.after(place, each.limit));
          assert.deepEqual(ring.before(place, each.limit), plain.before(place, each.limit));
        }
        assert.equal(ring.size, plain.all.length);
        assert.deepEqual(ring.first, plain.all[0]);
        assert.ok(ring.slots.used <= 2 * ring.size + 16);
      }
      assert.deepEqual(ring.after(everything[0], 1_000), plain.all);
      assert.deepEqual(ring.before(everything[1], 1_000), plain.all.toReversed());
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('finds an item in the middle of 100,000 by halving, and keeps few empty slots', () => {
    const ring = new Ring<Item>();
    const places = Array.from({ length: 100_000 }, (_, name) => ring.push({ name }));
    // Every second one, the last first: a ring that looked at each slot would need 2.5 billion looks, far past the test's time.
    for (const place of places.filter((_, index) => index % 2 === 1).reverse()) assert.ok(ring.delete(place));
    assert.equal(ring.size, 50_000);
    for (const place of places.slice(10)) ring.delete(place);
    assert.deepEqual(
      ring.after(everything[0], 100).map(({ name }) => name),
      [0, 2, 4, 6, 8],
    );
    assert.ok(ring.slots.used <= 26, `${ring.slots.used} slots are in use for 5 items`);
    assert.ok(ring.slots.held <= 256, `${ring.slots.held} slots are held for 5 items`);
  });

  it('gives its room back once it is empty', () => {
    const ring = new Ring<Item>();
    for (let name = 0; name < 10_000; name++) ring.push({ name });
    assert.ok(ring.slots.held >= 10_000);
    while (ring.shift() !== undefined);
    assert.deepEqual({ size: ring.size, used: ring.slots.used }, { size: 0, used: 0 });
    assert.ok(ring.slots.held <= 64, `${ring.slots.held} slots are held for nothing`);
  });

  it('never gives a place twice, so that a cursor stays good while the line moves on', () => {
    const ring = new Ring<Item>();
    const places = new Set<number>();
    for (let name = 0; name < 100; name++) {
      places.add(ring.push({ name }));
      places.add(ring.unshift({ name }));
      ring.shift();
      ring.shift();
    }
    assert.equal(places.size, 200);
  });
});
