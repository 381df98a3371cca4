import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestManager, type QueueManager, silentLogger, type TestClock } from '@quayside/core';
import { mixTracks } from '#src/audio/mix.js';
import { decodeWav, encodeWav } from '#src/audio/wav.js';
import { MediaFormatError } from '#src/media-format-error.js';
import { MediaStore } from '#src/meeting/media-store.js';
import { Participant } from '#src/meeting/participant.js';
import type { MeetingPlan } from '#src/services/meeting-service.js';
import { MeetingServices } from '#src/services/meeting-services.js';
import { openMeetingPorts } from '#src/services/ports.js';
import type { MeetingPorts } from '#src/services/service.js';

const config = { message_queue: { type: 'redis' }, pubsub: {}, event_bus: {}, task_scheduler: {}, task_dispatcher: {} };
const plan: MeetingPlan = { meetingId: 'm1', title: 'The demo', room: 'room-1', invited: ['host', 'guest'] };
const undisturbed = new AbortController().signal;

describe('the meeting, user, signaling and media services', () => {
  let folder = '';
  let manager: QueueManager;
  let clock: TestClock;
  let store: MediaStore;
  let ports: MeetingPorts;
  let services: MeetingServices;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'services-test-'));
    store = new MediaStore(folder);
    ({ manager, clock } = await createTestManager(config));
    ports = openMeetingPorts(manager);
    services = new MeetingServices(ports, plan, store, silentLogger);
    await services.start();
    await ports.scheduler.start();
  });
  afterEach(async () => {
    await Promise.all([services.stop().then(() => manager.stop({ graceMs: 0 })), clock.advance('10s')]);
    await rm(folder, { recursive: true, force: true });
  });

  /** Lets time pass until it is so. */
  async function until(holds: () => boolean, what: string): Promise<void> {
    for (let passed = 0; passed < 200; passed++) {
      if (holds()) return;
      await clock.advance('50ms');
    }
    assert.fail(`not within 10 s: ${what}`);
  }

  it('send each mail once, however often it is asked for', async () => {
    await services.meeting.open();
    await until(() => services.users.sent.invitation === 2, 'both invitations are sent');
    assert.equal(services.meeting.counts.repeatedMails, 2);
    assert.equal((await ports.mails.stats()).total_published, 2);
    assert.match(await readFile(join(folder, 'mail.guest.invitation.txt'), 'utf8'), /^To: guest@meeting\.example\n\nThe demo begins now\./);
  });

  it('remind only those who are missing', async () => {
    await new Participant('host', plan.room, ports.signals).join();
    await until(() => services.meeting.counts.attended.length === 1, 'the host is there');
    await services.meeting.open();
    await services.meeting.planReminder();
    await until(() => services.users.sent.reminder > 0, 'a reminder is sent');
    await clock.advance('1m');
    assert.equal(services.users.sent.reminder, 1);
    assert.match(await readFile(join(folder, 'mail.guest.reminder.txt'), 'utf8'), /you are missed/);
  });

  it('connect everybody with everybody, each pair by one offer', async () => {
    const participants = ['host', 'guest', 'analyst', 'late'].map((name) => new Participant(name, plan.room, ports.signals));
    for (const participant of participants) await participant.join();
    await services.signaling.connected(6);
    const { pairs, offers, answers, joined } = services.signaling.counts;
    assert.deepEqual([pairs, offers, answers, joined.length], [6, 6, 6, 4]);
    await until(() => participants.every(({ connected }) => connected.size === 3), 'each knows the three others');
  });

  it('refuse what is no signal, and what comes from nobody in the room', async () => {
    const say = (payload: object) => manager.pubsub().publish('signals.room-1', payload);
    await say({ kind: 'join', from: '../etc' });
    await say({ kind: 'offer', from: 'stranger', to: 'host', description: 'x' });
    await say({ kind: 'join', from: 'host' });
    await until(() => services.signaling.counts.joined.length > 0, 'the one good signal is heard');
    assert.deepEqual(services.signaling.counts, { joined: ['host'], offers: 0, answers: 0, pairs: 0, refused: 2 });
  });

  it('end with a recording of all tracks and a summary that names it, and plan nothing more', async () => {
    const tone = (level: number) => encodeWav({ sampleRate: 8000, samples: new Float32Array(800).fill(level) });
    await store.write('host.wav', tone(0.25));
    await store.write('guest.wav', tone(0.5));
    await services.meeting.open();
    const wrapped = services.meeting.wrapUp(['host.wav', 'guest.wav'], undisturbed).then(() => true);
    let isWrapped = false;
    void wrapped.then(() => {
      isWrapped = true;
    });
    await until(() => isWrapped, 'the meeting is wrapped up');
    const { samples } = decodeWav(await store.read('meeting.wav'));
    assert.ok(samples.every((sample) => Math.abs(sample - 0.75) < 0.001));
    assert.match(await readFile(join(folder, 'mail.host.summary.txt'), 'utf8'), /Recording: meeting\.wav\./);
    const overtime = (await ports.scheduler.list()).items.find(({ id }) => id.endsWith('/overtime'));
    assert.equal(overtime?.status, 'cancelled');
  });
});

describe('a mix', () => {
  const signal = (level: number, length: number, sampleRate = 8000) => ({ sampleRate, samples: new Float32Array(length).fill(level) });

  it('is as long as the longest track, and never louder than full scale', () => {
    const { samples } = mixTracks([signal(0.9, 4), signal(0.9, 2)]);
    assert.equal(samples.length, 4);
    assert.ok(Math.abs((samples[0] ?? 0) - 1) < 1e-6);
    assert.ok(Math.abs((samples[3] ?? 0) - 0.5) < 1e-6, 'all of it is turned down alike');
  });

  it('is refused for tracks of two rates, and for none', () => {
    assert.throws(() => mixTracks([signal(0, 1), signal(0, 1, 16_000)]), MediaFormatError);
    assert.throws(() => mixTracks([]), MediaFormatError);
  });
});
