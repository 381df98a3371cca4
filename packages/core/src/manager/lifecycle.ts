import type { Queue, StopReport } from '../ports/queue.js';
import type { Clock } from '../time/clock.js';
import { sleep } from '../time/deadline.js';

/** What is stopped, in this order: each while all that its work may still need is there. Asked again at each step: handlers may ask for more. */
export interface Stoppable {
  /** Queues, and the scheduler with its own. */
  workers(): readonly Pick<Queue, 'stopWorkers' | 'stop'>[];
  dispatchers(): readonly { stop(): Promise<void> }[];
  buses(): readonly { stop(options: { readonly graceMs: number }): Promise<void> }[];
  channels(): readonly { stop(options: { readonly graceMs: number }): Promise<void> }[];
  backends(): readonly { close(): Promise<void> }[];
}

/** What stopping may take beyond the grace, whatever hangs; each step leaves the later ones something of it. */
const slackMs = { workers: 930, buses: 950, channels: 970, backends: 1000 };

/**
 * Stops everything within `graceMs` and a second. A step that is not done in time goes on by itself, and the next one begins.
 * @param tell hears what failed.
 */
export async function stopInOrder(parts: Stoppable, graceMs: number, clock: Clock, tell: (error: Error) => void): Promise<StopReport> {
  const begun = clock.monotonic();
  const leftOf = (ms: number) => Math.max(0, begun + ms - clock.monotonic());
  const within = async (ms: number, work: readonly Promise<unknown>[]) => {
    const told = work.map((one) => one.catch((error: unknown) => tell(error instanceof Error ? error : new Error(String(error)))));
    const done = new AbortController();
    await Promise.race([Promise.all(told), sleep(clock, leftOf(ms), done.signal)]);
    done.abort();
  };

  const report = { drained: 0, aborted: 0, released: 0 };
  const add = ({ drained, aborted, released }: StopReport) => {
    report.drained += drained;
    report.aborted += aborted;
    report.released += released;
  };
  await within(
    graceMs + slackMs.workers,
    parts.workers().map(async (workers) => add(await workers.stopWorkers({ graceMs }))),
  );
  await within(
    graceMs + slackMs.buses,
    [...parts.dispatchers(), ...parts.workers(), ...parts.buses()].map(async (late) => late.stop({ graceMs: leftOf(graceMs) })),
  );
  await within(
    graceMs + slackMs.channels,
    parts.channels().map(async (channels) => channels.stop({ graceMs: leftOf(graceMs) })),
  );
  await within(
    graceMs + slackMs.backends,
    parts.backends().map(async (backend) => backend.close()),
  );
  return { ...report };
}
