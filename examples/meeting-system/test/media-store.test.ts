import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MediaStore, MissingMediaError } from '#src/meeting/media-store.js';
import { recordMeeting } from '#src/meeting/recording.js';

describe('the media store', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-store-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('says of a file that is not there that it may come yet', async () => {
    await assert.rejects(new MediaStore(folder).read('guest.wav'), MissingMediaError);
  });

  it('gives back what was written last, and leaves nothing unfinished beside it', async () => {
    const media = new MediaStore(folder);
    await media.write('a.txt', Buffer.from('one'));
    await media.write('a.txt', Buffer.from('two'));
    assert.equal((await media.read('a.txt')).toString(), 'two');
    assert.deepEqual(await readdir(folder), ['a.txt']);
  });

  it('lists whole files that begin so, with size and time, and forgets a removed one; removing it again is no error', async () => {
    const media = new MediaStore(folder);
    const day = new Date('2026-01-02T03:04:05Z');
    await media.write('room-1.b.wav', Buffer.from('four'), day);
    await media.write('room-1.a.wav', Buffer.from(''));
    await media.write('room-2.wav', Buffer.from('x'));
    await writeFile(join(folder, 'room-1.c.wav.123.part'), 'unfinished');
    const listed = await media.list('room-1.');
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['room-1.a.wav', 'room-1.b.wav'],
    );
    assert.deepEqual(listed[1], { name: 'room-1.b.wav', bytes: 4, writtenAt: day });
    for (let time = 0; time < 2; time++) await media.remove('room-1.b.wav');
    assert.deepEqual(
      (await media.list()).map(({ name }) => name),
      ['room-1.a.wav', 'room-2.wav'],
    );
  });

  it('holds the same recording at every run, save the one file that comes late', async () => {
    const [one, other] = [new MediaStore(join(folder, 'one')), new MediaStore(join(folder, 'other'))];
    const late = await recordMeeting(one, 5);
    assert.deepEqual(await recordMeeting(other, 5), late);
    const files = await readdir(one.folder);
    assert.ok(files.includes('host.wav') && !files.includes(late.name));
    for (const file of files) assert.deepEqual(await other.read(file), await one.read(file), file);
    await recordMeeting(other, 6);
    assert.notDeepEqual(await other.read('host.wav'), await one.read('host.wav'));
  });
});
