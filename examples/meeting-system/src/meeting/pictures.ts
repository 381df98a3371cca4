import type { Frame } from '../video/frame.js';
import type { Random } from './random.js';

/** The darkest and the brightest value a dim camera gives. */
export interface BrightnessRange {
  readonly darkest: number;
  readonly brightest: number;
}

const width = 160;
const height = 90;

/** A made-up camera picture in a poor light: a head and shoulders before a wall, with grain. */
export function drawFrame({ darkest, brightest }: BrightnessRange, channels: 1 | 3, random: Random): Frame {
  const pixels = new Uint8Array(width * height * channels);
  const tints = channels === 1 ? [1] : [1, 0.92, 0.85];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isPerson = isInHead(x, y) || isInShoulders(x, y);
      const light = isPerson ? 0.9 - (0.3 * x) / width : 0.15 + (0.25 * y) / height;
      const grain = 0.06 * (random() - 0.5);
      for (const [channel, tint] of tints.entries()) {
        const value = darkest + (brightest - darkest) * (light + grain) * tint;
        pixels[(y * width + x) * channels + channel] = Math.round(value);
      }
    }
  }
  return { width, height, channels, pixels };
}

function isInHead(x: number, y: number): boolean {
  return ((x - 80) / 16) ** 2 + ((y - 34) / 20) ** 2 < 1;
}

function isInShoulders(x: number, y: number): boolean {
  return ((x - 80) / 44) ** 2 + ((y - 92) / 34) ** 2 < 1;
}
