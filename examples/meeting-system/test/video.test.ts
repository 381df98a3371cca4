import assert from 'node:assert/strict';
import { MediaFormatError } from '#src/media-format-error.js';
import { drawFrame } from '#src/meeting/pictures.js';
import { seededRandom } from '#src/meeting/random.js';
import { contrastOf, stretchContrast } from '#src/video/contrast.js';
import { brightness, decodeFrame, encodeFrame, type Frame } from '#src/video/frame.js';

const grey = (width: number, height: number, pixels: readonly number[]): Frame => {
  return { width, height, channels: 1, pixels: Uint8Array.from(pixels) };
};

describe('pictures', () => {
  for (const channels of [1, 3] as const) {
    it(`come back as they were, with ${channels} channel(s)`, () => {
      const frame = drawFrame({ darkest: 10, brightest: 240 }, channels, seededRandom(1));
      assert.deepEqual(decodeFrame(encodeFrame(frame)), frame);
    });
  }

  it('may carry remarks, and pixels that look like white space', () => {
    assert.deepEqual(decodeFrame(Buffer.from('P5 # made by hand\n2 1\n# another\n255\n \n', 'latin1')), grey(2, 1, [32, 10]));
  });

  for (const text of [
    '',
    'P5\n2 2',
    'P2\n1 1\n255\n0',
    'P5\n2 2\n255\nabc',
    'P5\n2 2\n255\nabcde',
    'P5\n0 2\n255\n',
    'P5\n1 1\n65535\nab',
  ]) {
    it(`refuse ${JSON.stringify(text)}`, () => assert.throws(() => decodeFrame(Buffer.from(text, 'latin1')), MediaFormatError));
  }

  it('weigh green as brightest and blue as darkest', () => {
    const frame: Frame = { width: 3, height: 1, channels: 3, pixels: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255) };
    assert.deepEqual(brightness(frame), Uint8Array.of(76, 150, 29));
  });
});

describe('contrast', () => {
  it('is 0 for one flat grey and a half for black beside white', () => {
    assert.equal(contrastOf(grey(2, 2, [9, 9, 9, 9])), 0);
    assert.equal(contrastOf(grey(2, 1, [0, 255])), 0.5);
  });

  for (const channels of [1, 3] as const) {
    it(`grows with the stretch, and the darkest and brightest stay in range, with ${channels} channel(s)`, () => {
      const dim = drawFrame({ darkest: 90, brightest: 140 }, channels, seededRandom(2));
      const stretched = stretchContrast(dim);
      assert.ok(contrastOf(stretched) > 2 * contrastOf(dim), `${contrastOf(dim)} -> ${contrastOf(stretched)}`);
      const values = [...brightness(stretched)];
      assert.ok(Math.min(...values) <= 5 && Math.max(...values) >= 250);
    });
  }

  it('keeps the order of the greys: nothing wraps round', () => {
    const ramp = grey(
      200,
      1,
      Array.from({ length: 200 }, (_, index) => 20 + index),
    );
    const { pixels } = stretchContrast(ramp);
    for (let index = 1; index < pixels.length; index++) assert.ok((pixels[index] ?? 0) >= (pixels[index - 1] ?? 0));
  });

  it('is not held back by one bright dot', () => {
    const dim = drawFrame({ darkest: 90, brightest: 140 }, 1, seededRandom(2));
    const dotted = { ...dim, pixels: dim.pixels.slice() };
    dotted.pixels[0] = 255;
    assert.ok(contrastOf(stretchContrast(dotted)) > 2 * contrastOf(dim));
  });

  it('leaves a flat picture alone', () => {
    assert.deepEqual(stretchContrast(grey(2, 2, [9, 9, 9, 9])), grey(2, 2, [9, 9, 9, 9]));
  });
});
