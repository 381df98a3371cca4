import { brightness, type Frame } from './frame.js';

/** The share of pixels at either end that may be cut to black or white, so that one bright dot does not hold the whole picture back. */
const clippedShare = 0.01;

/** RMS contrast: the standard deviation of the brightness, as a share of the full range. 0 for one flat grey, 0.5 at the most. */
export function contrastOf(frame: Frame): number {
  const values = brightness(frame);
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean)) / 255;
}

/** Spreads the brightness over the whole range, evenly for all pixels and colours. A flat picture comes back as it was. */
export function stretchContrast(frame: Frame): Frame {
  const { low, high } = range(brightness(frame));
  if (high <= low) return frame;
  const table = Uint8Array.from({ length: 256 }, (_, value) =>
    Math.max(0, Math.min(255, Math.round(((value - low) / (high - low)) * 255))),
  );
  return { ...frame, pixels: frame.pixels.map((value) => table[value] ?? 0) };
}

function range(values: Uint8Array): { readonly low: number; readonly high: number } {
  const histogram = new Uint32Array(256);
  for (const value of values) histogram[value] = (histogram[value] ?? 0) + 1;
  const clipped = clippedShare * values.length;
  return { low: firstPast(histogram, clipped), high: 255 - firstPast(histogram.toReversed(), clipped) };
}

/** The first value at which more than `count` pixels have been passed. */
function firstPast(histogram: Uint32Array, count: number): number {
  let passed = 0;
  return histogram.findIndex((pixels) => {
    passed += pixels;
    return passed > count;
  });
}
