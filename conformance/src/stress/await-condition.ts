import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 50;

/** Resolves with true once the condition holds, with false after the bound. */
export async function holdsWithin(boundMs: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const deadline = performance.now() + boundMs; ; ) {
    if (await condition()) return true;
    if (performance.now() > deadline) return false;
    await pause(lookEveryMs);
  }
}
