// One build step for everything: what is generated first, then TypeScript with project references.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const generators = ['packages/redis/scripts/inline-lua.mjs', 'packages/bullmq/scripts/inline-lua.mjs'];

function run(file, args) {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

for (const generator of generators) if (existsSync(`${root}/${generator}`)) run(process.execPath, [generator]);
run(process.execPath, ['node_modules/typescript/bin/tsc', '-b', ...process.argv.slice(2)]);
