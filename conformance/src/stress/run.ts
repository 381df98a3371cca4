import { createRandom, seedFor } from '../random.js';
import type { StressBackend, StressPart, StressResult } from './part.js';
import { StressReport } from './report.js';
import { openServer } from './server.js';

export interface StressOptions {
  readonly parts: readonly StressPart[];
  /** Default: all that a part is for. */
  readonly backend?: StressBackend;
  /** Default false. */
  readonly isShort?: boolean;
  /** Of a part that knows no other end, on each backend. Default 10 min. */
  readonly durationMs?: number;
  readonly seed?: number;
  readonly tell?: (line: string) => void;
}

const defaultDurationMs = 600_000;

/** Runs part after part, each on a server of its own. One that fails is a broken promise; the others go on. */
export async function runStress(options: StressOptions): Promise<StressReport> {
  const { parts, backend: chosen, isShort = false, durationMs = defaultDurationMs, tell = () => undefined } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  const report = new StressReport(seed);
  for (const part of parts) {
    for (const backend of part.backends.filter((one) => chosen === undefined || one === chosen)) {
      tell(`${part.name} on ${backend}: ${part.title}`);
      const begun = performance.now();
      const partSeed = seedFor(seed, `${part.name} ${backend}`);
      const result = await runPart(part, backend, { isShort, durationMs, seed: partSeed, random: createRandom(partSeed), tell });
      report.lines.push({ part: part.name, backend, seconds: (performance.now() - begun) / 1000, ...result });
    }
  }
  return report;
}

type Context = Omit<Parameters<StressPart['run']>[0], 'server'>;

async function runPart(part: StressPart, backend: StressBackend, context: Context): Promise<StressResult> {
  const server = await openServer(backend);
  try {
    return await part.run({ ...context, server });
  } catch (error) {
    return { figures: {}, broken: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  } finally {
    await server.stop();
  }
}
