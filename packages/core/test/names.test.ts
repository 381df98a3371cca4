import assert from 'node:assert/strict';
import { InvalidNameError } from '#src/errors.js';
import { checkChannelName, checkName } from '#src/message/names.js';
import { parseChannelFilter } from '#src/message/patterns.js';

describe('names', () => {
  for (const name of ['a', 'A-b_c.d:e/f', '9', 'x'.repeat(200), '__proto__']) {
    it(`takes ${name.slice(0, 20)}`, () => checkName('queue', name));
  }
  for (const name of ['', 'x'.repeat(201), 'a b', 'é', '{a}', 'a*', 'a\n', undefined, null, 3, {}]) {
    it(`refuses ${JSON.stringify(name)?.slice(0, 20)}`, () => assert.throws(() => checkName('queue', name), InvalidNameError));
  }
  for (const name of ['a..b', '.a', 'a.', '.']) {
    it(`refuses the channel ${name}`, () => assert.throws(() => checkChannelName('channel', name), InvalidNameError));
  }
});

describe('channel filters', () => {
  const cases: readonly [string, string, boolean][] = [
    ['a.b', 'a.b', true],
    ['a.b', 'a.b.c', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a.b.c', false],
    ['a.*', 'a', false],
    ['*.b', 'a.b', true],
    ['a.>', 'a.b', true],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['>', 'a', true],
    ['a.*.c', 'a.b.c', true],
  ];
  for (const [pattern, channel, expected] of cases) {
    it(`${pattern} ${expected ? 'matches' : 'does not match'} ${channel}`, () => {
      assert.equal(parseChannelFilter('pattern', pattern).matches(channel), expected);
    });
  }
  for (const pattern of ['', 'a..b', '>.a', 'a.b*', 'a>', 'a?']) {
    it(`refuses ${JSON.stringify(pattern)}`, () => assert.throws(() => parseChannelFilter('pattern', pattern), InvalidNameError));
  }
});
