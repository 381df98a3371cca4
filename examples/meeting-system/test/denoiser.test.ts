import assert from 'node:assert/strict';
import { Denoiser } from '#src/audio/denoiser.js';
import { Fft } from '#src/audio/fft.js';
import { power, signalToNoiseDb } from '#src/audio/signal.js';
import { seededRandom } from '#src/meeting/random.js';
import { addHiss, speak } from '#src/meeting/speech.js';

const bursts = [
  { startSeconds: 0.5, endSeconds: 1.5 },
  { startSeconds: 2.0, endSeconds: 2.6 },
];

describe('the Fourier transform', () => {
  it('puts a sine wave into its own frequency and the mirrored one', () => {
    const data = {
      real: Float64Array.from({ length: 64 }, (_, n) => Math.cos((2 * Math.PI * 5 * n) / 64)),
      imaginary: new Float64Array(64),
    };
    new Fft(64).forward(data);
    for (const [bin, value] of data.real.entries())
      assert.ok(Math.abs(value - (bin === 5 || bin === 59 ? 32 : 0)) < 1e-9, `bin ${bin}: ${value}`);
  });

  it('is undone by its inverse', () => {
    const random = seededRandom(5);
    const before = Float64Array.from({ length: 128 }, () => random() - 0.5);
    const data = { real: before.slice(), imaginary: new Float64Array(128) };
    const fft = new Fft(128);
    fft.forward(data);
    fft.inverse(data);
    for (const [index, value] of data.real.entries()) assert.ok(Math.abs(value - (before[index] ?? 0)) < 1e-12);
  });

  it('refuses a size that is no power of two', () => {
    assert.throws(() => new Fft(100), RangeError);
    assert.throws(() => new Fft(1), RangeError);
  });
});

describe('the denoiser', () => {
  for (const before of [0, 5, 10]) {
    it(`brings the voice further above the hiss, from ${before} dB`, () => {
      const clean = speak(3, bursts, 140);
      const noisy = addHiss(clean, before, seededRandom(before + 1));
      const measured = signalToNoiseDb(clean.samples, noisy.samples);
      assert.ok(Math.abs(measured - before) < 0.2, `the hiss is ${measured} dB below the voice`);
      const gain = signalToNoiseDb(clean.samples, new Denoiser().denoise(noisy.samples)) - measured;
      assert.ok(gain > 6, `gain ${gain} dB`);
    });
  }

  it('leaves a clean voice nearly as it was', () => {
    const { samples } = speak(3, bursts, 140);
    assert.ok(signalToNoiseDb(samples, new Denoiser().denoise(samples)) > 40);
  });

  it('takes at least nine tenths from plain hiss, and keeps the length', () => {
    const random = seededRandom(9);
    const hiss = new Float32Array(16_001).map(() => random() - 0.5);
    const cleaned = new Denoiser().denoise(hiss);
    assert.equal(cleaned.length, hiss.length);
    assert.ok(power(cleaned) < power(hiss) / 10, `${power(cleaned)} of ${power(hiss)}`);
    assert.equal(new Denoiser().denoise(new Float32Array(0)).length, 0);
  });
});
