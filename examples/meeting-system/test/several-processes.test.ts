import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram, tableOf } from './program.js';

describe('npm start on a Redis server', function () {
  this.timeout(40_000);
  let folder = '';
  let running: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meeting-test-'));
  });
  afterEach(async () => {
    running?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** On a server of its own, or on that of the tests under names of its own. */
  function start(type: string) {
    const given = process.env.QUAYSIDE_TEST_REDIS_URL;
    const server = given === undefined ? undefined : { QUAYSIDE_TEST_REDIS_URL: given };
    const started = startProgram(folder, { QUAYSIDE_TYPE: type, QUAYSIDE_NAMESPACE: folder.replaceAll(/\W/g, '-'), ...server });
    running = started.child;
    return started;
  }

  /** Resolves with what was printed so far, as soon as it says so. */
  function says({ child }: ReturnType<typeof start>, expected: RegExp): Promise<string> {
    let printed = '';
    return new Promise((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        printed += chunk;
        if (expected.test(printed)) resolve(printed);
      });
      child.once('exit', () => reject(new Error(`it ended, and did not say ${expected}:\n${printed}`)));
    });
  }

  for (const type of ['redis', 'bullmq']) {
    it(`has two worker processes share the tasks, accounts for every one, and leaves nothing behind: ${type}`, async () => {
      const { output, errors, exit } = start(type);
      const [code] = await exit;
      const printed = await output;
      assert.equal(await errors, '');
      assert.equal(code, 0, printed);
      const table = tableOf(printed);
      assert.equal(table.size, 16);
      assert.deepEqual(table.get('speech_recognition guest.wav')?.[5], 'done');
      assert.deepEqual(table.get('speech_recognition lost.wav')?.[5], 'dead');

      const [, first, second] = /\ntasks ended by {3}worker-1 (\d+), worker-2 (\d+)\n/.exec(printed) ?? [];
      assert.equal(Number(first) + Number(second), 16);
      assert.ok(Number(first) > 0 && Number(second) > 0, `${first} and ${second}: neither of them was idle`);
      for (const worker of ['worker-1', 'worker-2']) assert.match(printed, new RegExp(`${worker} +meeting_events: meeting_ended`));
      assert.match(printed, /\n6 dispatched = 5 completed \+ 1 failed\n/);
      assert.match(printed, /\n7 mails published = 7 processed, 0 left; 1 recordings published = 1 processed, 0 left\n/);
      assert.match(printed, /3 of 3 pairs connected/);
      assert.match(printed, /\n16 published = 14 processed \+ 2 dead letters, 0 left: what went in equals what came out\n$/);
      assert.deepEqual(await readdir(folder), [], 'no file is left behind, of the server neither');
    });
  }

  it('ends every process at Ctrl-C in a terminal, which tells all of them at once: exit code 130', async () => {
    const started = start('redis');
    const printed = await says(started, /worker-2 is process/);
    const pids = [started.child.pid, ...printed.matchAll(/is process (\d+)/g)].map((found) =>
      Number(Array.isArray(found) ? found[1] : found),
    );
    for (const pid of pids) process.kill(pid, 'SIGINT');
    const [code, signal] = await started.exit;
    assert.match(await started.output, /\ninterrupted before the end\n$/);
    assert.deepEqual([code, signal, await started.errors], [130, null, '']);
    assert.deepEqual(await readdir(folder), [], 'no file is left behind');
  });

  it('ends with 1, and says why, where a worker process is lost', async () => {
    const started = start('redis');
    const [, pid] = /worker-1 is process (\d+)/.exec(await says(started, /worker-2 is process \d+\n/)) ?? [];
    process.kill(Number(pid), 'SIGKILL');
    const [code] = await started.exit;
    assert.equal(code, 1, await started.output);
    assert.equal(await started.errors, 'worker-1 ended with SIGKILL before the meeting did\n');
    assert.deepEqual(await readdir(folder), [], 'no file is left behind');
  });

  it('leaves neither a worker nor a server behind when the main process is killed', async () => {
    const started = start('redis');
    await says(started, /worker-2 is process/);
    started.child.kill('SIGKILL');
    await Promise.all([started.output, started.errors]);
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    assert.ok(!processes.includes(folder), 'a process still works in the folder of this run');
    const left = await readdir(folder);
    assert.deepEqual(
      left.filter((name) => name.startsWith('quayside-redis')),
      [],
      'the server ended, and its folder with it',
    );
  });
});
