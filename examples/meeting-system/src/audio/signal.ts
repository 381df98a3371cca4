/** Sound of one channel: samples from -1 to 1 at a fixed rate. */
export interface Signal {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

/** Mean of the squares. 0 for no samples. */
export function power(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / samples.length;
}

/** Far below the quietest step of 16 bits, so that silence has a level too. */
const silence = 1e-12;

export function toDb(powerRatio: number): number {
  return 10 * Math.log10(Math.max(powerRatio, silence));
}

/** How far a known clean signal stands above what was added to it, in dB. */
export function signalToNoiseDb(clean: Float32Array, heard: Float32Array): number {
  if (clean.length !== heard.length) throw new RangeError(`the clean signal has ${clean.length} samples, the other ${heard.length}`);
  const noise = heard.map((sample, index) => sample - (clean[index] ?? 0));
  return toDb(power(clean) / Math.max(power(noise), silence));
}

/** The value below which `fraction` of the values lie. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
}
