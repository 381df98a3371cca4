import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestManager, type QueueManager, silentLogger, type TestClock } from '@quayside/core';
import { keepEarlierMeetings } from '#src/meeting/earlier-meetings.js';
import { MediaStore } from '#src/meeting/media-store.js';
import { archiveTasks } from '#src/messages.js';
import { ArchiveService } from '#src/services/archive-service.js';

describe('the archive service', () => {
  let folder = '';
  let manager: QueueManager;
  let clock: TestClock;
  let media: MediaStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'archive-test-'));
    media = new MediaStore(folder);
    await keepEarlierMeetings(media, new Date());
    ({ manager, clock } = await createTestManager({ message_queue: { type: 'redis' }, task_scheduler: {} }));
  });
  afterEach(async () => {
    await Promise.all([manager.stop({ graceMs: 0 }), clock.advance('2s')]);
    await rm(folder, { recursive: true, force: true });
  });

  /** Lets 400 ms pass, and waits until each room has had its run. */
  async function nextRuns(): Promise<void> {
    const ended = ['cleanup:room-101', 'cleanup:room-102'].map((id) => {
      return new Promise<void>((resolve) => {
        manager.scheduler(archiveTasks).on('ended', ({ scheduleId }) => {
          if (scheduleId === id) resolve();
        });
      });
    });
    await clock.advance('400ms');
    await Promise.all(ended);
  }

  async function recordingsIn(room: string): Promise<number> {
    return (await media.list(`${room}.`)).length;
  }

  it('removes what is past its time, the oldest first, one recording a room and run, and keeps the rest', async () => {
    const archive = new ArchiveService(manager.scheduler(archiveTasks), media, silentLogger);
    await archive.start();
    await manager.start();
    const [oldest] = await media.list('room-101.');
    assert.deepEqual([await recordingsIn('room-101'), await recordingsIn('room-102')], [4, 3]);
    await nextRuns();
    assert.deepEqual([await recordingsIn('room-101'), await recordingsIn('room-102')], [3, 2]);
    assert.ok((await media.list('room-101.')).every(({ name }) => name !== oldest?.name));
    let isTidy = false;
    const tidied = archive.tidied(new AbortController().signal).then(() => {
      isTidy = true;
    });
    for (let run = 0; run < 2; run++) await nextRuns();
    assert.equal(isTidy, false);
    await nextRuns();
    await tidied;
    assert.deepEqual([await recordingsIn('room-101'), await recordingsIn('room-102')], [1, 1]);
  });

  it('has schedules of fixed ids, so that each is there once however many processes start it, and cancels them when it stops', async () => {
    const scheduler = manager.scheduler(archiveTasks);
    const archive = new ArchiveService(scheduler, media, silentLogger);
    await archive.start();
    const schedules = await scheduler.list();
    assert.deepEqual(schedules.items.map(({ id }) => id).toSorted(), ['cleanup:room-101', 'cleanup:room-102', 'storage-report']);
    await archive.stop();
    assert.deepEqual(
      (await scheduler.list()).items.map(({ status }) => status),
      ['cancelled', 'cancelled', 'cancelled'],
    );
    const { scheduled_tasks, cancelled_tasks } = await scheduler.stats();
    assert.deepEqual([scheduled_tasks, cancelled_tasks], [0, 3]);
  });
});
