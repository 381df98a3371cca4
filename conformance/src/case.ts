/** A row of the catalogue, or one of several under the row's id. */
import type { PubSubCapabilities, QueueCapabilities } from '@quayside/core';
import type { Faults, Harness } from './harness.js';

type Flag<Capabilities> = { [K in keyof Capabilities]-?: Capabilities[K] extends boolean ? K : never }[keyof Capabilities] & string;

/**
 * What a case can't do without: a capability of the backend's port (or, for the manager's cases, a face of the backend), time that the case
 * can move (`testClock`) or that passes by itself (`serverClock`), a fault that the harness can inject, or sight of the server.
 */
export type Need =
  | Flag<QueueCapabilities>
  | Flag<PubSubCapabilities>
  | 'serverClock'
  | 'patterns'
  | 'queue'
  | 'records'
  | 'connections'
  | 'openUnreachable'
  | 'foreign'
  | `faults.${keyof Faults & string}`
  | 'keys';

export interface Case<Context> {
  /** The row of the catalogue: `Q-01`. */
  readonly id: string;
  /** The promise, as a sentence. Unique within its row. */
  readonly title: string;
  /** Without one of these the case is skipped by name. */
  readonly needs?: readonly Need[];
  /** Real time that it may take. Default 10 s. */
  readonly timeoutMs?: number;
  /** No other case runs meanwhile: it disturbs the whole process. One that needs a fault is alone anyway. */
  readonly isAlone?: boolean;
  run(context: Context): Promise<void>;
}

/** The needs that are not met: the reason to skip, empty where the case can run. */
export function lackingNeeds(needs: readonly Need[], harness: Harness, capabilities: object): readonly Need[] {
  return needs.filter((need) => !isMet(need, harness, capabilities));
}

function isMet(need: Need, harness: Harness, capabilities: object): boolean {
  if (need === 'testClock') return harness.clock === 'test';
  if (need === 'serverClock') return harness.clock === 'server';
  if (need === 'keys' || need === 'connections' || need === 'openUnreachable' || need === 'foreign') return harness[need] !== undefined;
  if (need.startsWith('faults.')) return harness.faults?.[need.slice('faults.'.length) as keyof Faults] !== undefined;
  const value: unknown = Reflect.get(capabilities, need);
  return value !== undefined && value !== false && value !== 'none';
}
