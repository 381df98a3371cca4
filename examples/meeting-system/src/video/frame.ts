import { MediaFormatError } from '../media-format-error.js';

/** One picture of a video. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** 1: grey. 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** 0 to 255, row by row, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}

/** The binary "portable" formats of Netpbm: P5 is PGM (grey), P6 is PPM (colour). */
export function encodeFrame({ width, height, channels, pixels }: Frame): Buffer {
  return Buffer.concat([Buffer.from(`${channels === 1 ? 'P5' : 'P6'}\n${width} ${height}\n255\n`, 'latin1'), pixels]);
}

/** Magic, width, height and the largest value, separated by white space and remarks; one white space character before the pixels. */
const header = /^(P5|P6)(?:\s+(?:#[^\n]*\n\s*)*)(\d+)(?:\s+(?:#[^\n]*\n\s*)*)(\d+)(?:\s+(?:#[^\n]*\n\s*)*)(\d+)\s/;
const longestHeaderBytes = 1024;

/** @throws MediaFormatError that says what is wrong with the file */
export function decodeFrame(file: Buffer): Frame {
  const found = header.exec(file.toString('latin1', 0, longestHeaderBytes));
  if (found === null) throw new MediaFormatError('not a PGM or PPM picture: the header is missing');
  const [all, magic, width, height, largest] = [found[0], found[1], Number(found[2]), Number(found[3]), Number(found[4])];
  if (largest !== 255) throw new MediaFormatError(`only pictures of 8 bits a channel are read; the largest value here is ${largest}`);
  const channels = magic === 'P5' ? 1 : 3;
  const expected = width * height * channels;
  const pixels = file.subarray(all.length);
  if (expected === 0 || pixels.length !== expected) {
    throw new MediaFormatError(`a picture of ${width} x ${height} has ${expected} bytes of pixels; here are ${pixels.length}`);
  }
  return { width, height, channels, pixels: new Uint8Array(pixels) };
}

/** How bright each pixel is, 0 to 255, weighted as in ITU-R BT.601. */
export function brightness({ channels, pixels }: Frame): Uint8Array {
  if (channels === 1) return pixels;
  return Uint8Array.from({ length: pixels.length / 3 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(pixel * 3, pixel * 3 + 3);
    return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  });
}
