/** The guard's thread: renews leases while the main thread's event loop is blocked. Ends with `close`, or with the process. */
import { parentPort, workerData } from 'node:worker_threads';
import { silentLogger } from '../logger.js';
import type { Adapter, Backend } from '../ports/adapter.js';
import type { Receipt } from '../ports/queue-store.js';
import { systemClock } from '../time/clock.js';
import { GuardedLeases, lookMs } from './guarded-leases.js';
import type { FromGuard, GuardSetup, ToGuard } from './thread-talk.js';

const queues = new Map<string, GuardedLeases>();
let lastSign = systemClock.monotonic();

function tell(news: FromGuard): void {
  parentPort?.postMessage(news);
}

function hear(backend: Backend, told: ToGuard): void {
  lastSign = systemClock.monotonic();
  if (told.kind === 'guard') queues.set(told.queue.name, new GuardedLeases(told.queue));
  if (told.kind === 'leases') {
    const leases = queues.get(told.queue);
    leases?.drop(told.dropped);
    leases?.hold(told.held, lastSign + told.forMs);
  }
  if (told.kind === 'close') void backend.close().finally(() => process.exit());
}

async function look(backend: Backend): Promise<void> {
  for (const leases of queues.values()) {
    const due = leases.due(systemClock.monotonic(), lastSign);
    if (due.length > 0) await renew(backend, leases, due);
  }
  systemClock.setTimer(() => void look(backend), lookMs);
}

/** A start that the main thread did not mark yet it marks itself, when it breathes again. */
async function renew(backend: Backend, leases: GuardedLeases, due: readonly Receipt[]): Promise<void> {
  const { name: queue, visibilityTimeoutMs } = leases.queue;
  const sentAt = systemClock.monotonic();
  try {
    const renewals = due.map((receipt) => ({ receipt, isStarted: false }));
    const states = (await backend.queueStore?.(queue)?.extend(renewals, visibilityTimeoutMs)) ?? [];
    const kept = due.filter((_, index) => states[index] !== 'lost');
    leases.drop(due.filter((receipt) => !kept.includes(receipt)).map(({ token }) => token));
    leases.hold(kept, sentAt + visibilityTimeoutMs);
    tell({ kind: 'renewed', queue, count: kept.length });
  } catch (error) {
    tell({ kind: 'not-renewed', queue, count: due.length, why: error instanceof Error ? error.message : String(error) });
  }
}

try {
  const { adapterUrl, options, namespace } = workerData as GuardSetup;
  const { adapter } = (await import(adapterUrl)) as { readonly adapter: Adapter };
  const backend = await adapter.open(options, { clock: systemClock, logger: silentLogger, namespace });
  parentPort?.on('message', (told: ToGuard) => hear(backend, told));
  void look(backend);
  tell({ kind: 'open' });
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  tell({ kind: 'failed', error: { name, message } });
}
