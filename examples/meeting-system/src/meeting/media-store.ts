import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that is not there: it may come yet. */
export class MissingMediaError extends Error {
  constructor(name: string) {
    super(`${name} is not in the media store yet`);
    this.name = 'MissingMediaError';
  }
}

export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  readonly writtenAt: Date;
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
  async write(name: string, bytes: Uint8Array, writtenAt = new Date()): Promise<void> {
    const target = join(this.folder, name);
    const unfinished = `${target}.${process.pid}.part`;
    await mkdir(this.folder, { recursive: true });
    await writeFile(unfinished, bytes);
    await utimes(unfinished, writtenAt, writtenAt);
    await rename(unfinished, target);
  }

  /** Whole files whose names begin so, by name. One that is removed meanwhile is left out. */
  async list(prefix = ''): Promise<readonly StoredFile[]> {
    const names = (await readdir(this.folder)).filter((name) => name.startsWith(prefix) && !name.endsWith('.part'));
    const looks = names.sort().map(async (name) => {
      const found = await stat(join(this.folder, name)).catch(() => undefined);
      return found === undefined ? [] : [{ name, bytes: found.size, writtenAt: found.mtime }];
    });
    return (await Promise.all(looks)).flat();
  }

  /** One that is gone already is no error: a task may run twice. */
  async remove(name: string): Promise<void> {
    await rm(join(this.folder, name), { force: true });
  }
}
