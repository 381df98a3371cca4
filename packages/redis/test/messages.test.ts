import assert from 'node:assert/strict';
import { priorities } from '@quayside/core';
import { packMessage, toFoundMessage, unpackMessage } from '#src/messages.js';
import { message } from './messages-for-tests.js';

describe('a message in the hash', () => {
  it('comes back as it was put in, but for its delay and window', () => {
    for (const priority of priorities) {
      for (const payload of ['', '{"a":1}', 'two\nlines\n', '\n', 'é☃😀\u0000\u2028', ' 2task\n']) {
        for (const meta of ['', '{"h":{"x":"y z"}}']) {
          const plain = message({ priority, payload, meta });
          assert.deepEqual(unpackMessage(plain.id, packMessage(plain)), plain);
          const special = { ...plain, delayMs: 5, deduplication: { id: 'invoice/7', windowMs: 9 } };
          assert.deepEqual(unpackMessage(plain.id, packMessage(special)), plain);
        }
      }
    }
  });

  it('that somebody damaged has a meta that nobody can read', () => {
    for (const body of ['', 'x', '2task', '2task\nmeta', '7task\n\n1', '{"a":1}']) {
      const { id, meta } = unpackMessage('m', body);
      assert.equal(id, 'm');
      assert.notEqual(meta, '');
      assert.throws(() => JSON.parse(`[${meta}`), body);
    }
  });
});

describe('toFoundMessage', () => {
  const body = packMessage(message({ id: 'm', payload: '1' }));
  const history = (state: string, counts: string) => `${state}2--e${'0'.repeat(32)}${counts}`;

  it('of one without a history waits for the first time', () => {
    const { state, starts, deliveries, redrives, errors, reason, at } = toFoundMessage('m', body, '', '', '');
    assert.deepEqual([state, starts, deliveries, redrives, errors, reason, at], ['waiting', 0, 0, 0, [], undefined, undefined]);
  });

  it('reads state, counts, reason, errors and time', () => {
    const found = toFoundMessage('m', body, history('x', '4 21 2 attempts-exhausted'), 'one\ntwo', '1767225600000');
    const { state, starts, deliveries, redrives, errors, reason, at } = found;
    assert.deepEqual(
      [state, starts, deliveries, redrives, errors, reason, at],
      ['dead', 4, 21, 2, ['one', 'two'], 'attempts-exhausted', 1_767_225_600_000],
    );
    assert.equal(toFoundMessage('m', body, history('a', '1 1 0'), '', '5').state, 'active');
  });
});
