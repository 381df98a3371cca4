import { inspect } from 'node:util';
import type { BackendPlan } from '../config/plan.js';
import { ConnectionError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Backend } from '../ports/adapter.js';
import type { Clock } from '../time/clock.js';
import { sleep, withDeadline } from '../time/deadline.js';
import type { PreparedBackend } from './prepare.js';

export interface OpenBackend {
  readonly plan: BackendPlan;
  readonly backend: Backend;
}

export interface OpenContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string;
  readonly connectTimeoutMs: number;
}

/** How long the others may take to close when one could not be opened. */
const closeMs = 1000;

/** Opens all, or none: where one fails, or is not there in time, the others are closed, also one that opens later. */
export async function openBackends(prepared: readonly PreparedBackend[], context: OpenContext): Promise<readonly OpenBackend[]> {
  const { clock, logger, namespace, connectTimeoutMs } = context;
  const giveUp = new AbortController();
  const opening = prepared.map(async ({ plan, adapter, options }) => {
    const forBackend = { clock, logger: logger.child({ backend: plan.type }), namespace, signal: giveUp.signal };
    try {
      return { plan, backend: await adapter.open(options, forBackend) };
    } catch (error) {
      throw error instanceof Error ? error : new ConnectionError(`type '${plan.type}' did not open: ${inspect(error)}`, { cause: error });
    }
  });
  const inTime = opening.map((work, index) => {
    const tooLate = () => new ConnectionError(`type '${prepared[index]?.plan.type}' did not connect within ${connectTimeoutMs} ms`);
    return withDeadline(clock, work, connectTimeoutMs, tooLate);
  });
  try {
    return await Promise.all(inTime);
  } catch (error) {
    giveUp.abort(error);
    await closeAll(opening, clock, logger);
    throw error;
  }
}

/** Closes each as soon as it is open. Waits for it a second at the most; what fails is logged. */
export async function closeAll(opening: readonly (OpenBackend | Promise<OpenBackend>)[], clock: Clock, logger: Logger): Promise<void> {
  const closing = opening.map(async (one) => {
    // What could not be opened leaves nothing open: why it could not is told by whoever opened it.
    const open = await Promise.resolve(one).catch(() => undefined);
    try {
      await open?.backend.close();
    } catch (error) {
      logger.warn({ err: error, backend: open?.plan.type }, 'a backend did not close');
    }
  });
  const done = new AbortController();
  await Promise.race([Promise.all(closing), sleep(clock, closeMs, done.signal)]);
  done.abort();
}
