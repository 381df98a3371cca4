import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { HistoryEntry, HistoryLine } from './line.js';

/** Where a process writes its history. */
export interface HistoryLog {
  write(entry: HistoryEntry): void;
}

/** For a process that is simulated in this one. */
export class MemoryLog implements HistoryLog {
  readonly lines: HistoryLine[] = [];
  #isCut = false;

  write(entry: HistoryEntry): void {
    if (!this.#isCut) this.lines.push({ seq: this.lines.length + 1, ...entry });
  }

  /** The process is dead: what its remains still do is written nowhere. */
  cut(): void {
    this.#isCut = true;
  }
}

/** Appends to a new file, one write a line, so that a process that is killed loses at most its last line. */
export class FileLog implements HistoryLog {
  readonly #file: number;
  #seq = 0;

  /** @throws where the file exists: a history belongs to one process. */
  constructor(path: string) {
    this.#file = openSync(path, 'ax');
  }

  write(entry: HistoryEntry): void {
    this.#seq++;
    writeSync(this.#file, `${JSON.stringify({ seq: this.#seq, ...entry })}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

const chunkBytes = 1 << 20;

/** The lines of a file, read as they are asked for. What stands behind the last line break was cut by the process's end: left out. */
export function* readHistory(path: string): Generator<HistoryLine> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      const texts = (rest + decoder.write(chunk.subarray(0, read))).split('\n');
      rest = texts.pop() ?? '';
      for (const text of texts) yield JSON.parse(text) as HistoryLine;
    }
  } finally {
    closeSync(file);
  }
}
