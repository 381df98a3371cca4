import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty folder for the files of one server. */
export function makeServerFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `quayside-${name}-`));
}
