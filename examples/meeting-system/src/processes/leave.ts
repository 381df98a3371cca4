import type { ChildProcess } from 'node:child_process';

/** Far more than a process takes to stop its workers and close its connections. */
const longestEndMs = 8_000;

/** Lets go of a child process, which ends by itself then, and waits for its end. One that hangs is ended. */
export async function leave(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const bound = setTimeout(() => child.kill('SIGKILL'), longestEndMs);
  if (child.connected) child.disconnect();
  await ended;
  clearTimeout(bound);
}
