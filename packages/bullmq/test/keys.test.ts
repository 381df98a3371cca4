import assert from 'node:assert/strict';
import { queueBase, toJobId, toMessageId } from '#src/keys.js';

describe('the names in the server', () => {
  it('keep every id of a message apart, and give it back', () => {
    const ids = ['a', '7', '007', 'a:b', ':a', '0:1', 'wait', 'meta', 'de', '3A', ':3', '35', 'P7EHfOdQiQvs----', '1e3', 'x:lock'];
    const jobIds = ids.map(toJobId);
    assert.deepEqual(jobIds.map(toMessageId), ids);
    assert.equal(new Set(jobIds).size, ids.length);
  });

  it('are none that BullMQ takes for a number of its own, or for a key of the queue', () => {
    for (const id of ['7', '007', 'wait', 'marker', 'events']) assert.equal(toJobId(id), `%${id}`);
    for (const id of ['a:b', '0:1', 'x:lock', 'qs:stats']) assert.ok(!toJobId(id).includes(':'));
  });

  it('leave the usual id as it is', () => {
    assert.equal(toJobId('P7EHfOdQiQvs----'), 'P7EHfOdQiQvs----');
  });

  it('have no colon in a queue, which BullMQ refuses', () => {
    assert.equal(queueBase('bull', 'a:b'), 'bull:a%3Ab:');
  });
});
