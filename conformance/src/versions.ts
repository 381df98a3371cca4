import { readFileSync } from 'node:fs';

/** The version of an installed package that exports its `package.json`. `from`: the caller's `import.meta.resolve`. */
export function packageVersion(name: string, resolve: (specifier: string) => string = import.meta.resolve): string {
  const text = readFileSync(new URL(resolve(`${name}/package.json`)), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
