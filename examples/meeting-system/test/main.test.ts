import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProgram, tableOf } from './program.js';

const priorities = ['critical', 'high', 'normal', 'low'];

describe('npm start', function () {
  this.timeout(20_000);
  let folder = '';
  let running: ChildProcess | undefined;
  /** What one undisturbed run printed and left. */
  let whole = { printed: '', errors: '', code: undefined as unknown, files: [''] };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meeting-test-'));
    const { output, errors, exit } = start();
    const [code] = await exit;
    whole = { printed: await output, errors: await errors, code, files: await readdir(folder) };
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meeting-test-'));
  });
  afterEach(async () => {
    running?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  function start(env: Readonly<Record<string, string>> = {}) {
    const started = startProgram(folder, env);
    running = started.child;
    return started;
  }

  it('accounts for every task, the failing ones too, and exits with 0', () => {
    const { printed, errors, code, files } = whole;
    assert.equal(errors, '');
    assert.equal(code, 0, printed);
    const table = tableOf(printed);
    assert.equal(table.size, 16);

    const [, , , lateAttempts, , lateEnd] = table.get('speech_recognition guest.wav') ?? [];
    assert.ok(Number(lateAttempts) >= 3, `the late track took ${lateAttempts} attempts`);
    assert.equal(lateEnd, 'done');
    assert.deepEqual(table.get('speech_recognition lost.wav')?.slice(3).toSpliced(1, 1), [
      '4',
      'dead',
      'attempts-exhausted: lost.wav is not in the media store yet',
    ]);
    assert.match(table.get('video_enhancement damaged.pgm')?.slice(5).join(' ') ?? '', /^dead unrecoverable: a picture of 160 x 90/);

    const begun = [...table.values()].map(([, , priority = '']) => priorities.indexOf(priority));
    assert.deepEqual(begun, begun.toSorted(), 'work began in the order of the priorities');
    const late = Number(lateAttempts) - 1;
    const counted = `total_published 16, total_processed 14, total_failed ${late + 5}, total_retried ${late + 3}, total_dead_letter 2,`;
    assert.ok(printed.includes(counted), counted);
    assert.match(printed, /\ntask dispatcher {2}total_dispatched 6, by state: completed 5, failed 1, by route: analysis 6\n/);
    assert.match(printed, /\n6 dispatched = 5 completed \+ 1 failed\n/);
    assert.match(printed, /\n7 mails published = 7 processed, 0 left; 1 recordings published = 1 processed, 0 left\n/);
    assert.match(printed, /\n16 published = 14 processed \+ 2 dead letters, 0 left: what went in equals what came out\n$/);
    assert.deepEqual(files, [], 'no file is left behind');
  });

  it('has the four other services do their part: mails once each, everybody connected, a reminder to the one who is missing, a recording', () => {
    const { printed } = whole;
    assert.match(printed, /\nuser +mails sent: invitation 3, reminder 1, summary 3; asked for twice and sent once: 3\n/);
    assert.match(printed, /\nsignaling +3 joined room-101; 3 of 3 pairs connected by 3 offers and 3 answers\n/);
    assert.match(printed, /\nmeeting +analyst, guest, host attended, after a reminder\n/);
    assert.match(printed, /\nmedia +meeting\.wav mixed from 3 tracks\n/);
    assert.match(printed, /invitation sent to analyst at attempt 2\n/);
    assert.ok(
      printed.indexOf('reminder sent to guest') < printed.indexOf('guest and host are connected'),
      'the reminder brought the guest',
    );
  });

  it('says what its services heard on both channels and of their models', () => {
    const { printed } = whole;
    for (const heard of ['meeting_events: meeting_started', 'meeting_events: meeting_ended', 'media_events: track_uploaded guest.wav']) {
      assert.ok(printed.includes(heard), heard);
    }
    for (const model of ['word-lexicon', 'spectral-denoiser']) {
      assert.ok(printed.indexOf(`model_loaded: ${model}`) < printed.indexOf(`model_unloaded: ${model}`), model);
    }
  });

  it('cleans up its rooms at the scheduler’s word, one recording a run, and counts every run', () => {
    const { printed } = whole;
    const removed = [...printed.matchAll(/room_cleanup: (room-\d+)\.\S+ removed after (\d+) days/g)].map(
      ([, room, days]) => `${room} ${days}`,
    );
    assert.deepEqual(removed.toSorted(), ['room-101 33', 'room-101 61', 'room-101 92', 'room-102 31', 'room-102 47']);
    for (const room of ['room-101', 'room-102']) assert.ok(printed.includes(`nothing in ${room} is older than 30 days any more`), room);
    const [, total, completed] =
      /\ntask scheduler {3}total_tasks (\d+), completed_tasks (\d+), failed_tasks 0, active_tasks 0,/.exec(printed) ?? [];
    assert.ok(Number(completed) >= 7, `${completed} runs: at least one for each removal and one in each room that found nothing`);
    assert.ok(
      printed.includes(
        `\n${total} runs scheduled = ${completed} completed + 0 failed + ${Number(total) - Number(completed)} cancelled, 0 left\n`,
      ),
    );
  });

  it('has every clip analysed as one batch, tells progress and ends, and shows the results in the order of the batch', () => {
    const { printed } = whole;
    const [, rows = ''] = /\nclip_analysis of .*\n-.*\n((?:.+\n)+)/.exec(printed) ?? [];
    const clips = rows
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    assert.deepEqual(
      clips.map(([clip, told]) => `${clip} ${told}`),
      [
        'host.wav completed',
        'analyst.wav completed',
        'guest.wav completed',
        'room.wav completed',
        'street.wav completed',
        'lost.wav failed',
      ],
    );
    assert.equal(clips[0]?.[2], 'talks 52 % of the time, in 2 turns');
    assert.equal(clips[5]?.[2], 'lost.wav is not in the media store yet');
    assert.match(printed, /clip_analysis host\.wav: hiss subtracted\n/);
    assert.match(printed, /clip_analysis lost\.wav failed at attempt 2: .*; \d of 6 have ended\n/);
    assert.match(printed, /; 6 of 6 have ended\n/);
  });

  it('stops cleanly at Ctrl-C, also when it is told twice: no table, no files, exit code 130', async () => {
    const { child, output, errors, exit } = start();
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    child.kill('SIGINT');
    const [code, signal] = await exit;
    assert.deepEqual([code, signal], [130, null], await errors);
    assert.match(await output, /\ninterrupted before the end\n$/);
    assert.deepEqual(await readdir(folder), [], 'no file is left behind');
  });

  it('names the task that a backend lost, and exits with 1', async () => {
    const forgetful = fileURLToPath(new URL('./forgetful-adapter.js', import.meta.url));
    const { output, errors, exit } = start({ QUAYSIDE_TYPE: forgetful });
    const [code] = await exit;
    const printed = await output;
    assert.equal(code, 1, `${printed}${await errors}`);
    assert.match(printed, /\ndoes not fit: video_enhancement slide.pgm ended 0 times\n/);
    assert.match(printed, /\n15 published = 13 processed \+ 2 dead letters, 0 left: what went in DOES NOT EQUAL what came out\n$/);
  });

  it('says in a sentence what is wrong with the config, and exits with 1', async () => {
    const { errors, exit } = start({ QUAYSIDE_TYPE: 'rediss' });
    const [code] = await exit;
    assert.equal(code, 1);
    const said = await errors;
    assert.match(said, /QUAYSIDE_TYPE.*rediss/);
    assert.ok(!said.includes('    at '), said);
  });
});
