import assert from 'node:assert/strict';
import { Subjects } from '#src/subjects.js';

describe('Subjects', () => {
  it('are the channels with namespace and scope before them', () => {
    const subjects = new Subjects('quayside', 'channels');
    for (const channel of ['a', 'a.b', 'meeting.*', '>', 'x:y/z-_']) {
      assert.equal(subjects.toSubject(channel), `quayside.channels.${channel}`);
      assert.equal(subjects.toChannel(subjects.toSubject(channel)), channel);
    }
  });

  it('differ for different namespaces, scopes and channels, also where these hold dots', () => {
    const places = [
      ['a', 'channels', 'channels.x'],
      ['a.channels', 'channels', 'x'],
      ['a', 'channels', 'x'],
      ['a', 'events', 'x'],
      ['.a', 'channels', 'x'],
      ['a.', 'channels', 'x'],
    ] as const;
    const subjects = places.map(([namespace, scope, channel]) => new Subjects(namespace, scope).toSubject(channel));
    assert.equal(new Set(subjects).size, places.length);
    for (const subject of subjects) assert.ok(!subject.startsWith('.') && !subject.includes('..'), subject);
  });
});
