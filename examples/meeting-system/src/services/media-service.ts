import type { Logger, PubSub, Queue } from '@quayside/core';
import { mixTracks } from '../audio/mix.js';
import { decodeWav, encodeWav } from '../audio/wav.js';
import type { MediaStore } from '../meeting/media-store.js';
import type { MediaTasks, MeetingChannels } from '../messages.js';
import type { Service } from './service.js';

/** Works on whole recordings: mixes the participants' tracks into one. Messages carry the names of files, the bytes stay in the store. */
export class MediaService implements Service {
  readonly #media: Queue<MediaTasks>;
  readonly #channels: PubSub<MeetingChannels>;
  readonly #store: MediaStore;
  readonly #log: Logger;

  constructor(media: Queue<MediaTasks>, channels: PubSub<MeetingChannels>, store: MediaStore, log: Logger) {
    this.#media = media;
    this.#channels = channels;
    this.#store = store;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#media.process('mix_recording', ({ payload }, { progress }) => this.#mix(payload, progress));
    await this.#media.start();
  }

  async stop(): Promise<void> {
    await this.#media.stop();
  }

  async #mix({ meetingId, tracks, file }: MediaTasks['mix_recording'], progress: (value: unknown) => void): Promise<void> {
    const read = [];
    for (const track of tracks) {
      read.push(decodeWav(await this.#store.read(track)));
      progress({ read: read.length, of: tracks.length });
    }
    const mixed = mixTracks(read);
    await this.#store.write(file, encodeWav(mixed));
    const seconds = mixed.samples.length / mixed.sampleRate;
    this.#log.info({}, `mix_recording: ${file} of ${tracks.length} tracks, ${seconds.toFixed(1)} s`);
    await this.#channels.publish('media_events', { event: 'recording_ready', meetingId, file });
  }
}
