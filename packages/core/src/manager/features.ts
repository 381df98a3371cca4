import { snakeCase } from '../config/keys.js';
import type { CheckedConfig, SectionKey } from '../config/schema.js';
import { UnsupportedFeatureError, UnsupportedPortError } from '../errors.js';
import type { Codec } from '../message/codec.js';
import type { Backend } from '../ports/adapter.js';
import type { Clock } from '../time/clock.js';
import { conventionalTypesWith } from './adapters.js';
import type { OpenBackend } from './backends.js';

/** Which port a section configures, and which faces a backend needs for it. */
export const portOf = {
  messageQueue: { port: 'Queue', faces: ['queueStore'] },
  pubsub: { port: 'PubSub', faces: ['pubSubTransport'] },
  eventBus: { port: 'EventBus', faces: ['pubSubTransport'] },
  taskScheduler: { port: 'Scheduler', faces: ['queueStore', 'recordStore'] },
  taskDispatcher: { port: 'Dispatcher', faces: ['queueStore', 'recordStore', 'pubSubTransport'] },
} as const satisfies Record<SectionKey, { readonly port: string; readonly faces: readonly (keyof Backend)[] }>;

function hasPort(backend: Backend, section: SectionKey): boolean {
  return portOf[section].faces.every((face) => typeof backend[face] === 'function');
}

export function lacksPort(section: SectionKey, { plan }: OpenBackend, all: readonly OpenBackend[]): UnsupportedPortError {
  const { port } = portOf[section];
  const open = all.filter(({ backend }) => hasPort(backend, section)).map((one) => one.plan.type);
  return new UnsupportedPortError(port, plan.type, [...new Set([...open, ...conventionalTypesWith(port)])]);
}

/** Each section that the config names has a backend that offers its port. Pub/sub that nobody named is looked at when it is asked for. @throws UnsupportedPortError */
export function checkPorts(config: CheckedConfig, backends: readonly OpenBackend[]): void {
  for (const open of backends) {
    for (const section of open.plan.sections) {
      if (config[section] !== undefined && !hasPort(open.backend, section)) throw lacksPort(section, open, backends);
    }
  }
}

export interface Asked {
  readonly config: CheckedConfig;
  readonly clock: Clock;
  /** Of the application's own. */
  readonly codec: Codec | undefined;
}

/** What is asked of the backends beyond what they can do. @throws UnsupportedFeatureError that lists all of it */
export function checkFeatures(asked: Asked, backends: readonly OpenBackend[]): void {
  const found = backends.flatMap(({ plan, backend }) =>
    plan.sections.flatMap((section) => unsupported(section, backend, asked).map((feature) => ({ type: plan.type, feature }))),
  );
  if (found.length === 0) return;
  const types = [...new Set(found.map(({ type }) => type))].join("', '");
  throw new UnsupportedFeatureError(types, [...new Set(found.map(({ feature }) => feature))]);
}

function unsupported(section: SectionKey, backend: Backend, asked: Asked): string[] {
  const { config } = asked;
  const limitOf = (key: 'messageQueue' | 'pubsub', most: number | undefined): string[] => {
    const bytes = config[key]?.maxPayloadBytes;
    if (bytes === undefined || most === undefined || bytes <= most) return [];
    return [`${snakeCase(key)}.max_payload_bytes: ${bytes} (at most ${most})`];
  };
  if (section === 'messageQueue' || section === 'taskScheduler') {
    const name = section === 'messageQueue' ? queueNameOf(config) : schedulerQueue;
    const capabilities = backend.queueStore?.(name).capabilities;
    const features = section === 'messageQueue' ? limitOf(section, capabilities?.maxPayloadBytes) : [];
    if (asked.clock.isVirtual && capabilities?.testClock === false) features.push('options.clock: a clock that a test moves');
    if (asked.codec !== undefined && capabilities?.payload === 'json' && config.unsupported !== 'emulate') {
      features.push('options.codec: text that is not JSON (unsupported: emulate wraps it in a JSON string)');
    }
    return features;
  }
  if (section === 'pubsub') return limitOf(section, backend.pubSubTransport?.('channels').capabilities.maxFrameBytes);
  if (section === 'eventBus' && backend.pubSubTransport?.('events').capabilities.patterns === 'none') {
    return ['event_bus: events of all processes (it needs pattern subscriptions; type: local keeps events in this process)'];
  }
  return [];
}

export function queueNameOf(config: CheckedConfig): string {
  return config.messageQueue?.queueName ?? 'default';
}

/** The scheduler's own queue. No other queue has its name. */
export const schedulerQueue = 'quayside:schedules';

/** The application's codec as a backend of JSON text can carry it. */
export function inJson(codec: Codec): Codec {
  return {
    encode: (value) => JSON.stringify(codec.encode(value)),
    decode: (text) => codec.decode(JSON.parse(text) as string),
  };
}
