// The linter as a suite of `npm test`: it also holds the direction of imports.
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
const isClean = status === 0;
if (process.env.QUAYSIDE_TEST_COUNTS) {
  appendFileSync(process.env.QUAYSIDE_TEST_COUNTS, `${JSON.stringify({ passed: isClean ? 1 : 0, failed: isClean ? 0 : 1, skipped: 0 })}\n`);
}
process.exit(isClean ? 0 : 1);
