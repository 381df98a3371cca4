import { power, type Signal } from '../audio/signal.js';
import type { VoiceSegment } from '../audio/voice-activity.js';
import type { Random } from './random.js';

export const sampleRate = 16_000;

/** A made-up speaker: the buzz of a voice with a gliding pitch and a few harmonics, in bursts, with silence between. Nobody says anything. */
export function speak(seconds: number, bursts: readonly VoiceSegment[], pitchHz: number): Signal {
  const samples = new Float32Array(Math.round(seconds * sampleRate));
  for (const { startSeconds, endSeconds } of bursts) {
    const first = Math.round(startSeconds * sampleRate);
    const count = Math.round((endSeconds - startSeconds) * sampleRate);
    let phase = 0;
    for (let index = 0; index < count; index++) {
      const done = index / count;
      phase += (2 * Math.PI * pitchHz * (1.15 - 0.3 * done)) / sampleRate;
      let sample = 0;
      for (let harmonic = 1; harmonic <= 8; harmonic++) sample += Math.sin(harmonic * phase) / harmonic;
      // About five syllables a second; never quite silent inside a burst.
      const syllables = 0.65 + 0.35 * Math.cos((2 * Math.PI * 5 * index) / sampleRate);
      samples[first + index] = 0.2 * sample * syllables * Math.sin(Math.PI * done) ** 0.25;
    }
  }
  return { sampleRate, samples };
}

/** The same with a steady hiss, so loud that the signal stands `signalToNoise` dB above it. */
export function addHiss({ sampleRate, samples }: Signal, signalToNoise: number, random: Random): Signal {
  const amplitude = Math.sqrt(power(samples) / 10 ** (signalToNoise / 10));
  return { sampleRate, samples: samples.map((sample) => sample + amplitude * gaussian(random)) };
}

/** Mean 0, variance 1: the sum of twelve uniform numbers comes close enough to a normal distribution for a hiss. */
function gaussian(random: Random): number {
  let sum = -6;
  for (let term = 0; term < 12; term++) sum += random();
  return sum;
}
