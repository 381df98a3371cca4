import assert from 'node:assert/strict';
import { layoutKey, queueKeys, recordKeys, wakeChannel } from '#src/keys.js';

/** What a cluster chooses the slot by: all between the first braces. */
function hashTag(key: string): string | undefined {
  return /\{(.+?)\}/.exec(key)?.[1];
}

describe('the keys', () => {
  const names = ['a', 'a:b', 'a.b', 'queue', 'a/b', '-', 'records', 'x'.repeat(200)];

  it('of one queue, and of one kind of records, lie in one slot of a cluster', () => {
    for (const name of names) {
      for (const key of [...queueKeys('ns', name), ...recordKeys('ns', name)]) assert.equal(hashTag(key), name);
    }
  });

  it('of two queues, kinds and namespaces are never the same', () => {
    const namespaces = ['a', 'a:queue', 'a:b', 'b'];
    const keys = namespaces.flatMap((namespace) => [
      layoutKey(namespace),
      wakeChannel(namespace, 'p'),
      ...names.flatMap((name) => [...queueKeys(namespace, name), ...recordKeys(namespace, name)]),
    ]);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('are as many as the scripts name', () => {
    assert.equal(queueKeys('ns', 'q').length, 16);
    assert.equal(recordKeys('ns', 'k').length, 5);
  });
});
