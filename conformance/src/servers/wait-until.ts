import { setTimeout as pause } from 'node:timers/promises';

const boundMs = 10_000;
const lookEveryMs = 20;

/** Resolves once the condition holds. @throws Error that says `what` was waited for, after 10 s. */
export async function waitUntil(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + boundMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${boundMs} ms in vain for ${what}`);
    await pause(lookEveryMs);
  }
}
