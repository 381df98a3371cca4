import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startRedis } from '@quayside/conformance/servers';
import { createTestManager, QueueManager, TestClock } from '@quayside/core';

/** A system under test, on a clock that the test moves. */
export interface TestSystem {
  readonly manager: QueueManager;
  readonly clock: TestClock;
  /** Looks, at a standing clock, until it is so: a server's answers and wake-ups take real time. */
  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void>;
  close(): Promise<void>;
}

/** The service's own config. */
const configFile = fileURLToPath(new URL('../config.yaml', import.meta.url));
/** The same waits between attempts in every run. */
const random = () => 0.5;

/** On memory, unless QUAYSIDE_TYPE says `redis`: then on the server at QUAYSIDE_TEST_REDIS_URL, or on one that is started. */
export async function openSystem(): Promise<TestSystem> {
  return process.env.QUAYSIDE_TYPE === 'redis' ? openOnRedis() : openOnMemory();
}

async function openOnMemory(): Promise<TestSystem> {
  const { manager, clock } = await createTestManager(configFile, { random });
  return systemOf(manager, clock, () => clock.settle());
}

async function openOnRedis(): Promise<TestSystem> {
  const server = await startRedis();
  const clock = new AnsweredClock();
  const connection = { QUAYSIDE_BACKENDS__REDIS__URL: server.url, QUAYSIDE_BACKENDS__REDIS__KEY_PREFIX: `orders-${randomUUID()}` };
  const manager = await QueueManager.create(configFile, { clock, random, env: connection });
  clock.roundTrip = () => manager.queue().stats();
  return systemOf(
    manager,
    clock,
    () => clock.settle(),
    () => server.stop(),
  );
}

/**
 * A test clock that moves on only when the server has answered what was asked before: it answers a connection's calls in order, so the answer to
 * one more comes last.
 */
class AnsweredClock extends TestClock {
  roundTrip: () => Promise<unknown> = async () => undefined;

  override async settle(): Promise<void> {
    await super.settle();
    await this.roundTrip();
    await super.settle();
  }
}

function systemOf(manager: QueueManager, clock: TestClock, settle: () => Promise<void>, stopServer?: () => Promise<void>): TestSystem {
  return {
    manager,
    clock,
    async until(holds, what) {
      const deadline = performance.now() + 5000;
      while (!(await holds())) {
        if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
        await settle();
      }
    },
    async close() {
      await manager.queue().obliterate();
      await manager.stop({ graceMs: 0 });
      await stopServer?.();
    },
  };
}
