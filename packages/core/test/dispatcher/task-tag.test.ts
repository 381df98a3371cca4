import assert from 'node:assert/strict';
import { hasTaskTag, taskTagOf, withTaskTag } from '#src/dispatcher/task-tag.js';

describe('the tag of a task', () => {
  it('comes back as it was given, beside the headers', () => {
    const headers = withTaskTag({ tenant: 'acme' }, 'id-1', { dispatcher: 'here', deadline: 1_700_000_000_000 });
    assert.equal(headers.tenant, 'acme');
    assert.ok(hasTaskTag(headers));
    assert.deepEqual(taskTagOf({ id: 'id-1', headers }), { dispatcher: 'here', deadline: 1_700_000_000_000 });
    const open = withTaskTag(undefined, 'id-2', { dispatcher: 'here', deadline: undefined });
    assert.deepEqual(taskTagOf({ id: 'id-2', headers: open }), { dispatcher: 'here', deadline: undefined });
  });

  it('counts on its own message only', () => {
    const headers = withTaskTag({}, 'parent', { dispatcher: 'here', deadline: 5 });
    assert.equal(taskTagOf({ id: 'copy', headers }), undefined);
    assert.equal(taskTagOf({ id: 'plain', headers: {} }), undefined);
    assert.equal(hasTaskTag({}), false);
  });

  it('takes the place of another, deadline and all', () => {
    const parent = withTaskTag({ a: '1' }, 'parent', { dispatcher: 'there', deadline: 5 });
    const child = withTaskTag(parent, 'child', { dispatcher: 'here', deadline: undefined });
    assert.deepEqual(taskTagOf({ id: 'child', headers: child }), { dispatcher: 'here', deadline: undefined });
    assert.equal(child.a, '1');
  });

  it('is not one where somebody wrote nonsense', () => {
    for (const text of ['', 'id-1', ' ', 'other here'])
      assert.equal(taskTagOf({ id: 'id-1', headers: { 'quayside-task': text } }), undefined);
  });
});
