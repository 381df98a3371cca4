import { UnsupportedFeatureError } from '../errors.js';
import { checkGuarded, LeaseGuard } from '../lease-guard/guard.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../time/clock.js';
import { durationToMs } from '../time/duration.js';
import type { OpenBackend } from './backends.js';
import { queueNameOf } from './features.js';
import type { PreparedSystem } from './prepare.js';

export interface GuardContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string;
  readonly connectTimeoutMs: number;
}

/**
 * The guard that `message_queue.heartbeat: thread` asks for. None where nobody else could take a message anyway: on a backend of this process
 * alone a blocked event loop blocks the backend too.
 * @throws UnsupportedFeatureError, ConfigError, ConnectionError
 */
export async function startGuard(
  { config, backends: prepared }: PreparedSystem,
  backends: readonly OpenBackend[],
  context: GuardContext,
): Promise<LeaseGuard | undefined> {
  if (config.messageQueue?.heartbeat !== 'thread') return undefined;
  const open = backends.find(({ plan }) => plan.sections.includes('messageQueue'));
  const from = prepared.find(({ plan }) => plan === open?.plan);
  if (open?.backend.queueStore?.(queueNameOf(config)).capabilities.shared !== true || from === undefined) return undefined;
  const feature = 'message_queue.heartbeat: thread';
  const { type } = open.plan;
  if (context.clock.isVirtual) throw new UnsupportedFeatureError(type, [`${feature} (not with a clock that a test moves)`]);
  if (from.adapterUrl === undefined)
    throw new UnsupportedFeatureError(type, [`${feature} (the thread imports the adapter: name its module as type)`]);
  const { visibilityTimeout } = config.messageQueue;
  if (visibilityTimeout !== undefined) checkGuarded(durationToMs(visibilityTimeout, 'visibilityTimeout'));
  return LeaseGuard.start({ ...context, type, adapterUrl: from.adapterUrl, options: from.options });
}
