// Writes src/generated/scripts.ts: each src/scripts/*.lua with the parts that it includes, and the SHA-1 by which the server knows it.
// A package that is bundled into an application has no files beside it, so the scripts travel as strings.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src', import.meta.url));
const scripts = join(source, 'scripts');
const includes = /^--- include (.+)$/gm;

function inline(file) {
  const text = readFileSync(join(scripts, file), 'utf8');
  return text.replaceAll(includes, (_, names) =>
    names
      .split(' ')
      .map((name) => inline(join('parts', `${name}.lua`)))
      .join('\n'),
  );
}

const entries = readdirSync(scripts)
  .filter((file) => file.endsWith('.lua'))
  .sort()
  .map((file) => {
    const name = basename(file, '.lua').replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
    const text = inline(file);
    const sha = createHash('sha1').update(text).digest('hex');
    return `export const ${name}Script: Script = {\n  name: '${name}',\n  sha: '${sha}',\n  source: ${JSON.stringify(text)},\n};\n`;
  });

mkdirSync(join(source, 'generated'), { recursive: true });
writeFileSync(join(source, 'generated', 'scripts.ts'), `import type { Script } from '../scripts.js';\n\n${entries.join('\n')}`);
