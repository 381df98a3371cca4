import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Starts the example as `npm start` does. What it started in turn holds its pipes: `output` and `errors` resolve when all of that has ended. */
export function startProgram(folder: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, output: text(child.stdout), errors: text(child.stderr), exit: once(child, 'exit') };
}

/** The columns of the table, by the word that a task is about. */
export function tableOf(output: string): ReadonlyMap<string, readonly string[]> {
  const lines = output.split('\n');
  const first = lines.findIndex((line) => /^-+ +-+ +-+/.test(line)) + 1;
  assert.ok(first > 0, `no table in:\n${output}`);
  const rows = lines.slice(first, lines.indexOf('', first)).map((line) => line.split(/ {2,}/));
  return new Map(rows.map((row) => [`${row[0]} ${row[1]}`, row]));
}
