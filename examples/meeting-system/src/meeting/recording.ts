import type { Signal } from '../audio/signal.js';
import type { VoiceSegment } from '../audio/voice-activity.js';
import { encodeWav } from '../audio/wav.js';
import { encodeFrame } from '../video/frame.js';
import type { MediaStore } from './media-store.js';
import { drawFrame } from './pictures.js';
import { type Random, seededRandom } from './random.js';
import { addHiss, speak } from './speech.js';

interface Track {
  readonly name: string;
  readonly pitchHz: number;
  /** How far the voice stands above the hiss of its line. */
  readonly signalToNoiseDb: number;
  readonly bursts: readonly VoiceSegment[];
}

const trackSeconds = 4;
const tracks: readonly Track[] = [
  { name: 'host', pitchHz: 120, signalToNoiseDb: 12, bursts: bursts([0.4, 1.4], [2.0, 3.1]) },
  { name: 'analyst', pitchHz: 210, signalToNoiseDb: 8, bursts: bursts([0.7, 1.2], [1.7, 2.6], [3.1, 3.6]) },
  { name: 'room', pitchHz: 150, signalToNoiseDb: 4, bursts: bursts([1.0, 2.2]) },
  { name: 'street', pitchHz: 180, signalToNoiseDb: 0, bursts: bursts([0.5, 1.6], [2.4, 3.2]) },
];
const lateTrack: Track = { name: 'guest', pitchHz: 165, signalToNoiseDb: 10, bursts: bursts([0.6, 1.9], [2.5, 3.4]) };

const pictures = [
  { name: 'slide.pgm', darkest: 90, brightest: 150, channels: 1 },
  { name: 'host.ppm', darkest: 40, brightest: 120, channels: 3 },
  { name: 'analyst.pgm', darkest: 100, brightest: 230, channels: 1 },
] as const;

function bursts(...seconds: readonly (readonly [number, number])[]): readonly VoiceSegment[] {
  return seconds.map(([startSeconds, endSeconds]) => ({ startSeconds, endSeconds }));
}

/** A file that reaches the media store only when the meeting is well under way. */
export interface LateUpload {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Makes the files of a meeting, the same at every run, and puts them into the media store: for each track `<name>.wav`, and without
 * the hiss `<name>.clean.wav`, which no real meeting has, to measure against. Answers the one file that it holds back.
 */
export async function recordMeeting(media: MediaStore, seed: number): Promise<LateUpload> {
  const random = seededRandom(seed);
  for (const track of tracks) {
    const clean = cleanSound(track);
    await media.write(`${track.name}.clean.wav`, encodeWav(clean));
    await media.write(`${track.name}.wav`, encodeWav(addHiss(clean, track.signalToNoiseDb, random)));
  }
  for (const { name, darkest, brightest, channels } of pictures) {
    await media.write(name, encodeFrame(drawFrame({ darkest, brightest }, channels, random)));
  }
  await media.write('damaged.pgm', Buffer.from('P5\n160 90\n255\nand here the camera fell off the table'));
  return lateUpload(random);
}

function lateUpload(random: Random): LateUpload {
  return { name: `${lateTrack.name}.wav`, bytes: encodeWav(addHiss(cleanSound(lateTrack), lateTrack.signalToNoiseDb, random)) };
}

function cleanSound(track: Track): Signal {
  return speak(trackSeconds, track.bursts, track.pitchHz);
}
