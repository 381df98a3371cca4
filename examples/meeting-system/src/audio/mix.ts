import { MediaFormatError } from '../media-format-error.js';
import type { Signal } from './signal.js';

/** The sum of all tracks, as long as the longest; turned down where it would be louder than full scale. @throws MediaFormatError where their rates differ */
export function mixTracks(tracks: readonly Signal[]): Signal {
  const [first] = tracks;
  if (first === undefined) throw new MediaFormatError('a mix of no tracks');
  const { sampleRate } = first;
  const odd = tracks.find((track) => track.sampleRate !== sampleRate);
  if (odd !== undefined) throw new MediaFormatError(`tracks of ${sampleRate} and ${odd.sampleRate} Hz do not mix`);
  const samples = new Float32Array(Math.max(...tracks.map((track) => track.samples.length)));
  for (const track of tracks) {
    for (const [index, sample] of track.samples.entries()) samples[index] = (samples[index] ?? 0) + sample;
  }
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return { sampleRate, samples: peak > 1 ? samples.map((sample) => sample / peak) : samples };
}
