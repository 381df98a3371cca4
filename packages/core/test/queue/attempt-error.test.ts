import assert from 'node:assert/strict';
import { describeThrown, openAttemptError, sealAttemptError } from '#src/queue/attempt-error.js';

const describeIt = (thrown: unknown) => describeThrown(thrown, 1, 0, 'worker');

describe('attempt errors', () => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('no');
    },
  });
  const circular = new Error('circular');
  circular.cause = circular;
  const cases: readonly [string, unknown, string, string][] = [
    ['an error', new TypeError('bad'), 'TypeError', 'bad'],
    ['a string', 'just text', 'string', 'just text'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['null', null, 'object', 'null'],
    ['a frozen object', Object.freeze({ reason: 'cold' }), 'object', '{"reason":"cold"}'],
    ['an error that is its own cause', circular, 'Error', 'circular'],
    ['several errors', new AggregateError([new Error('a'), 'b'], 'both'), 'AggregateError', 'both (a; b)'],
    ['an object that throws when looked at', hostile, 'object', 'a value of type object'],
    ['a symbol', Symbol('s'), 'symbol', 'Symbol(s)'],
  ];
  for (const [title, thrown, name, message] of cases) {
    it(`describes ${title}`, () => {
      const error = describeIt(thrown);
      assert.deepEqual([error.name, error.message], [name, message]);
      assert.deepEqual(openAttemptError(sealAttemptError(error)).message, message);
    });
  }

  it('seals the largest error in three kilobytes, so that twenty stay below 64', () => {
    const error = new Error('é'.repeat(10_000));
    error.stack = '\u{1F6A2}'.repeat(10_000);
    assert.ok(Buffer.byteLength(sealAttemptError(describeIt(error))) <= 3072);
  });

  it('shows a line of somebody else as text', () => {
    assert.equal(openAttemptError('stalled more than allowed').message, 'stalled more than allowed');
  });
});
