import { type Complex, Fft } from './fft.js';

const frameLength = 512;
const hop = frameLength / 2;
/** The quietest frames, taken for noise alone. */
const noiseShare = 0.2;
/** How much more than the mean noise is taken away, and what stays at the least: both against "musical noise". */
const oversubtraction = 4;
const gainFloor = 0.1;

/**
 * Spectral subtraction (Boll, 1979) with oversubtraction and a floor (Berouti and others, 1979): the noise of each frequency is
 * learnt from the quietest frames and taken from all of them. It helps against a steady hiss, not against a second voice.
 */
export class Denoiser {
  readonly #fft = new Fft(frameLength);
  /** The root of a Hann window, used before and after: squared and overlapped by half it sums to 1, so an untouched signal comes back. */
  readonly #window = Float64Array.from({ length: frameLength }, (_, index) => Math.sin((Math.PI * index) / frameLength));

  /** A new signal of the same length. */
  denoise(samples: Float32Array): Float32Array {
    const spectra: Complex[] = [];
    // The first and last half frame are padded with silence, so that every sample lies in two frames.
    for (let start = -hop; start < samples.length; start += hop) spectra.push(this.#analyse(samples, start));
    const noise = estimateNoise(spectra);
    const cleaned = new Float32Array(samples.length);
    for (const [frame, spectrum] of spectra.entries()) {
      subtract(spectrum, noise);
      this.#fft.inverse(spectrum);
      this.#overlap(spectrum.real, cleaned, (frame - 1) * hop);
    }
    return cleaned;
  }

  #analyse(samples: Float32Array, start: number): Complex {
    const spectrum = {
      real: this.#window.map((weight, index) => weight * (samples[start + index] ?? 0)),
      imaginary: new Float64Array(frameLength),
    };
    this.#fft.forward(spectrum);
    return spectrum;
  }

  #overlap(frame: Float64Array, into: Float32Array, start: number): void {
    for (let index = Math.max(0, -start); index < frameLength && start + index < into.length; index++) {
      into[start + index] = (into[start + index] ?? 0) + (frame[index] ?? 0) * (this.#window[index] ?? 0);
    }
  }
}

function binPower({ real, imaginary }: Complex, bin: number): number {
  return (real[bin] ?? 0) ** 2 + (imaginary[bin] ?? 0) ** 2;
}

function totalPower(spectrum: Complex): number {
  let sum = 0;
  for (let bin = 0; bin < frameLength; bin++) sum += binPower(spectrum, bin);
  return sum;
}

/** Mean power of each bin over the quietest frames. */
function estimateNoise(spectra: readonly Complex[]): Float64Array {
  const byLoudness = spectra.map((spectrum) => ({ spectrum, loudness: totalPower(spectrum) })).sort((a, b) => a.loudness - b.loudness);
  const quietest = byLoudness.slice(0, Math.max(1, Math.floor(spectra.length * noiseShare)));
  return Float64Array.from({ length: frameLength }, (_, bin) => {
    return quietest.reduce((sum, { spectrum }) => sum + binPower(spectrum, bin), 0) / quietest.length;
  });
}

function subtract(spectrum: Complex, noise: Float64Array): void {
  for (let bin = 0; bin < frameLength; bin++) {
    const present = binPower(spectrum, bin);
    const kept = present - oversubtraction * (noise[bin] ?? 0);
    const gain = Math.max(gainFloor, kept > 0 ? Math.sqrt(kept / present) : 0);
    spectrum.real[bin] = (spectrum.real[bin] ?? 0) * gain;
    spectrum.imaginary[bin] = (spectrum.imaginary[bin] ?? 0) * gain;
  }
}
