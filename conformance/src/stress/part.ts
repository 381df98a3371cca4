import type { StressServer } from './server.js';

export const stressBackends = ['memory', 'redis', 'bullmq', 'nats'] as const;
export type StressBackend = (typeof stressBackends)[number];

/** What a part is given: a server of its own, and how large it shall be. */
export interface StressContext {
  readonly server: StressServer;
  /** The sizes of a test that shall take seconds. */
  readonly isShort: boolean;
  /** How long a part may load that knows no other end. */
  readonly durationMs: number;
  readonly seed: number;
  readonly random: () => number;
  /** A line of progress. */
  readonly tell: (line: string) => void;
}

export interface StressResult {
  /** Shown in the table, in this order. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** The promises that did not hold; empty where all did. */
  readonly broken: readonly string[];
}

/** One kind of load. */
export interface StressPart {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** Those on which it makes sense. */
  readonly backends: readonly StressBackend[];
  run(context: StressContext): Promise<StressResult>;
}
