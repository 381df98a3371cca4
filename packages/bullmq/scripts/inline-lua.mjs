// Writes src/generated/scripts.ts, as the Redis package does for its own scripts: each src/scripts/*.lua with the parts that it includes,
// and the SHA-1 by which the server knows it. `redis/time` is a part of that package.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src', import.meta.url));
const scripts = join(source, 'scripts');
const redisParts = fileURLToPath(new URL('../../redis/src/scripts/parts', import.meta.url));
const includes = /^--- include (.+)$/gm;

function fileOf(name) {
  return name.startsWith('redis/') ? join(redisParts, `${name.slice('redis/'.length)}.lua`) : join(scripts, 'parts', `${name}.lua`);
}

function inline(file) {
  return readFileSync(file, 'utf8').replaceAll(includes, (_, names) =>
    names
      .split(' ')
      .map((name) => inline(fileOf(name)))
      .join('\n'),
  );
}

const entries = readdirSync(scripts)
  .filter((file) => file.endsWith('.lua'))
  .sort()
  .map((file) => {
    const name = basename(file, '.lua').replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
    const text = inline(join(scripts, file));
    const sha = createHash('sha1').update(text).digest('hex');
    return `export const ${name}Script: Script = {\n  name: '${name}',\n  sha: '${sha}',\n  source: ${JSON.stringify(text)},\n};\n`;
  });

mkdirSync(join(source, 'generated'), { recursive: true });
writeFileSync(join(source, 'generated', 'scripts.ts'), `import type { Script } from '@quayside/redis';\n\n${entries.join('\n')}`);
