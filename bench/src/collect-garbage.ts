import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
export const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of heap that `fill` adds and keeps, for each of `count`. What it answers is kept until it was weighed. */
export async function bytesEach(count: number, fill: () => Promise<object>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = await fill();
  collectGarbage();
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  keepAlive.add(kept);
  keepAlive.clear();
  return bytes;
}

const keepAlive = new Set<object>();
