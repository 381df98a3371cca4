import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that is not there: it may come yet. */
export class MissingMediaError extends Error {
  constructor(name: string) {
    super(`${name} is not in the media store yet`);
    this.name = 'MissingMediaError';
  }
}

/** Where the meeting's files lie: here a folder, in a real system an object store. A message carries a file's name, not its bytes. */
export class MediaStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws MissingMediaError */
  async read(name: string): Promise<Buffer> {
    try {
      return await readFile(join(this.folder, name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new MissingMediaError(name);
      throw error;
    }
  }

  /** A reader sees the whole file or none; writing it again, as a task that runs twice does, changes nothing. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.folder, name);
    const unfinished = `${target}.${process.pid}.part`;
    await mkdir(this.folder, { recursive: true });
    await writeFile(unfinished, bytes);
    await rename(unfinished, target);
  }
}
