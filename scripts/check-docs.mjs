// Compiles the TypeScript of the documentation: all ```ts blocks of a page as one module, in order, as a reader would type them.
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Below node_modules, so that packages resolve as they do for a user.
const folder = `${root}node_modules/.cache/quayside-docs`;
const pages = ['README.md', ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)].filter((page) => page.endsWith('.md'));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const modules = new Map();
for (const page of pages) {
  const blocks = [...readFileSync(`${root}${page}`, 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
  if (blocks.length === 0) continue;
  const name = `${page.replaceAll(/\W+/g, '-')}.ts`;
  modules.set(name, { page, blocks: blocks.length });
  writeFileSync(`${folder}/${name}`, `${blocks.join('\n')}\nexport {};\n`);
}
writeFileSync(
  `${folder}/tsconfig.json`,
  JSON.stringify({
    extends: '../../../tsconfig.base.json',
    compilerOptions: { composite: false, noEmit: true, noUnusedLocals: false, noUnusedParameters: false, verbatimModuleSyntax: false },
    include: ['*.ts'],
  }),
);
writeFileSync(`${folder}/package.json`, JSON.stringify({ type: 'module' }));

const { stdout } = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', folder, '--pretty', 'false'], {
  cwd: folder,
  encoding: 'utf8',
});
let failed = 0;
for (const [name, { page, blocks }] of modules) {
  const errors = stdout.split('\n').filter((line) => line.startsWith(name));
  if (errors.length > 0) failed++;
  console.log(`  ${errors.length === 0 ? '✔' : '✘'} ${page}: ${blocks} ${blocks === 1 ? 'block' : 'blocks'}`);
  for (const error of errors) console.log(`      ${error}`);
}
const counts = { passed: modules.size - failed, failed, skipped: 0 };
if (process.env.QUAYSIDE_TEST_COUNTS) appendFileSync(process.env.QUAYSIDE_TEST_COUNTS, `${JSON.stringify(counts)}\n`);
if (!existsSync(`${root}packages/core/dist/index.d.ts`)) console.log('  the packages are not built: npm run build');
process.exit(failed === 0 ? 0 : 1);
