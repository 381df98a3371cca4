import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian puts servers where a user's PATH does not look. */
const otherFolders = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** The path of an installed program, or `undefined`. */
export function findBinary(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...otherFolders];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
