// `npm test`: every suite of the repository, one after the other, then one plain line of counts.
// A suite is a child process that ends by itself; one that crashes without counts is a failure of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suites } from './suites.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'quayside-test-'));
const only = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
const broken = [];

spawnSync(process.execPath, ['scripts/ensure-servers.mjs'], { cwd: root, stdio: 'inherit' });

for (const suite of suites) {
  if (only.length > 0 && !only.some((name) => suite.name.includes(name))) continue;
  console.log(`\n== ${suite.name}`);
  const counts = join(folder, `${suite.name.replaceAll(/\W/g, '-')}.jsonl`);
  const begun = process.hrtime.bigint();
  const { status, signal } = spawnSync(process.execPath, suite.args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...suite.env, QUAYSIDE_TEST_COUNTS: counts },
    timeout: suite.timeoutMs ?? 600_000,
    killSignal: 'SIGKILL',
  });
  const lines = existsSync(counts) ? readFileSync(counts, 'utf8').trim().split('\n').filter(Boolean) : [];
  let failed = 0;
  for (const line of lines) {
    const count = JSON.parse(line);
    totals.passed += count.passed;
    totals.failed += count.failed;
    totals.skipped += count.skipped;
    failed += count.failed;
  }
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  console.log(`== ${suite.name} took ${seconds.toFixed(1)} s`);
  if ((status !== 0 || lines.length === 0) && failed === 0) {
    totals.failed += 1;
    broken.push(`${suite.name}: ended with ${signal ?? `exit code ${status}`}${lines.length === 0 ? ' before it counted anything' : ''}`);
  } else if (failed > 0) broken.push(`${suite.name}: ${failed} failed`);
}

rmSync(folder, { recursive: true, force: true });
for (const line of broken) console.error(line);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed === 0 && totals.passed > 0 ? 0 : 1);
