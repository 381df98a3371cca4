// Writes quayside.schema.json from the built config schema. A test fails while the file is stale:
//   npx tsc -b packages/core && node packages/core/scripts/config-schema.mjs
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../dist/config/json-schema.js';

const file = fileURLToPath(new URL('../quayside.schema.json', import.meta.url));
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
const { status } = spawnSync('npx', ['biome', 'format', '--write', file], { stdio: 'inherit' });
process.exit(status ?? 1);
