import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openTasks } from './tasks.js';

const program = fileURLToPath(new URL('process.js', import.meta.url));
const rounds = 3;
const numbersARound = 200;

describe('a file that several processes share', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quayside-kill-'));
  const file = join(folder, 'tasks.db');
  const acknowledged = join(folder, 'acknowledged');
  const handled = join(folder, 'handled');
  const children: ChildProcess[] = [];

  const begin = (role: 'publish' | 'work', journal: string) => {
    const child = fork(program, [role, file, journal]);
    children.push(child);
    return child;
  };
  const kill = async (child: ChildProcess) => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };

  after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('loses nothing that was acknowledged, however often its writers and workers are killed in the middle of their work', async () => {
    for (let round = 1; round <= rounds; round++) {
      const running = [begin('publish', acknowledged), begin('work', handled), begin('work', handled)];
      while (Math.min(numbersIn(acknowledged).size, numbersIn(handled).size) < round * numbersARound) {
        assert.ok(running.every(isRunning), 'a process ended by itself');
        await pause(20);
      }
      await Promise.all(running.map(kill));
    }
    begin('work', handled);
    const manager = await openTasks(file);
    await manager.queue().drain({ timeout: '20s' });
    const stats = await manager.queue().stats();
    await manager.stop();

    const done = numbersIn(handled);
    const lost = [...numbersIn(acknowledged)].filter((n) => !done.has(n));
    assert.deepEqual(lost, [], 'acknowledged, and never handled');
    assert.equal(stats.total_processed, stats.total_published);
    assert.equal(stats.dead_letter_count, 0);
  });
});

function numbersIn(journal: string): ReadonlySet<string> {
  return new Set(existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').slice(0, -1) : []);
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
