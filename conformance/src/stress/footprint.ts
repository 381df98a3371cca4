/** What this process holds, at rest. */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Footprint {
  /** After a collection. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** What keeps Node's event loop: sockets, timers, files. */
  readonly resources: number;
  /** File descriptors, where the system shows them. */
  readonly descriptors: number | undefined;
}

let collect: (() => void) | undefined;

/** `gc` is there without a command-line flag of the caller's. */
function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

export async function takeFootprint(): Promise<Footprint> {
  // What a first collection finalizes, the second one frees.
  collectGarbage();
  await pause(20);
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, rssBytes: rss, resources: process.getActiveResourcesInfo().length, descriptors: countDescriptors() };
}

function countDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
