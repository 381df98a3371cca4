import { snakeCase } from '../config/keys.js';
import type { SectionKey } from '../config/schema.js';
import { isEnabled } from '../config/types.js';
import type { Backend, Health } from '../ports/adapter.js';
import { withDeadline } from '../time/deadline.js';
import { hasBackend, type System } from './ports.js';

export interface ComponentHealth extends Health {
  /** The type of the backend behind it; absent where it needs none. */
  readonly backend?: string;
}

export interface ManagerHealth {
  /** The worst of its components. */
  readonly status: Health['status'];
  /** By the name of the config's section. */
  readonly components: Readonly<Record<string, ComponentHealth>>;
}

/** A backend that does not answer its health check in so long is down. */
const answerMs = 2000;
const components: readonly SectionKey[] = ['messageQueue', 'pubsub', 'eventBus', 'taskScheduler', 'taskDispatcher'];
const stopped: Health = { status: 'down', reason: 'the manager is stopped' };
const worstFirst = ['down', 'degraded', 'up'] as const;

/** Asks each backend once, whatever stands on it. Never rejects. */
export async function collectHealth(system: System, isStopped: boolean): Promise<ManagerHealth> {
  const found: Record<string, ComponentHealth> = {};
  await Promise.all(
    system.backends.map(async ({ plan, backend }) => {
      const health = isStopped ? stopped : await askBackend(system, backend);
      for (const section of components.filter((key) => plan.sections.includes(key))) {
        found[snakeCase(section)] = { ...health, backend: plan.type };
      }
    }),
  );
  if (isEnabled(system.config, 'eventBus') && !hasBackend(system, 'eventBus')) found.event_bus = isStopped ? stopped : { status: 'up' };
  const states = Object.values(found).map(({ status }) => status);
  return { status: worstFirst.find((status) => states.includes(status)) ?? 'up', components: found };
}

async function askBackend({ clock, redactor }: System, backend: Backend): Promise<Health> {
  try {
    return redactor.clean(await withDeadline(clock, backend.health(), answerMs));
  } catch (error) {
    return { status: 'down', reason: redactor.clean(error instanceof Error ? error.message : String(error)) };
  }
}
