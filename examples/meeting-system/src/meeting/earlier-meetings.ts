import { encodeWav } from '../audio/wav.js';
import type { MediaStore } from './media-store.js';
import { sampleRate } from './speech.js';

export const rooms = ['room-101', 'room-102'] as const;
const agesInDays = { 'room-101': [92, 61, 33, 3], 'room-102': [47, 31, 12] } as const;

const dayMs = 86_400_000;

/** What lies in the media store from earlier meetings: for each room a short recording from so many days ago. */
export async function keepEarlierMeetings(media: MediaStore, now: Date): Promise<void> {
  const silence = encodeWav({ sampleRate, samples: new Float32Array(sampleRate / 4) });
  for (const room of rooms) {
    for (const days of agesInDays[room]) {
      const day = new Date(now.getTime() - days * dayMs);
      await media.write(`${room}.${day.toISOString().slice(0, 10)}.wav`, silence, day);
    }
  }
}
