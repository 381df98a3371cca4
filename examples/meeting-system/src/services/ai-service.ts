import type { Logger, Subscription } from '@quayside/core';
import { Denoiser } from '../audio/denoiser.js';
import type { MediaStore } from '../meeting/media-store.js';
import type { MeetingChannels } from '../messages.js';
import { type Lexicon, loadLexicon } from '../text/lexicon.js';
import { analyseClip, denoiseAudio, detectEmotion, enhanceVideo, recognizeSpeech } from './ai-handlers.js';
import { giveUpOnDamagedMedia } from './damaged-media.js';
import { Model } from './model.js';
import { analysisQueue } from './ports.js';
import type { AiPorts, Service } from './service.js';
import { tellTasks } from './task-news.js';

/**
 * Four kinds of work from the queue and one that is dispatched, two channels of events, and local events of its models. The names are those of the original
 * system; what each handler really does is in `ai-handlers.ts`, and none of it is a neural network.
 */
export class AiService implements Service {
  readonly #ports: AiPorts;
  readonly #media: MediaStore;
  readonly #log: Logger;
  readonly #name: string;
  readonly #lexicon: Model<Lexicon>;
  readonly #denoiser: Model<Denoiser>;
  #subscriptions: readonly Subscription[] = [];
  readonly #stopped = new AbortController();

  /** @param name what it signs with: no two of a meeting have the same one */
  constructor(ports: AiPorts, media: MediaStore, log: Logger, name: string) {
    this.#ports = ports;
    this.#media = media;
    this.#log = log;
    this.#name = name;
    this.#lexicon = new Model('word-lexicon', loadLexicon, ports.local);
    this.#denoiser = new Model('spectral-denoiser', () => new Denoiser(), ports.local);
  }

  async start(): Promise<void> {
    const { tasks, channels, local, dispatcher } = this.#ports;
    const { signal } = this.#stopped;
    local.on('model_loaded', ({ payload }) => this.#log.info(payload, `model_loaded: ${payload.model}`), { signal });
    local.on('model_unloaded', ({ payload }) => this.#log.info(payload, `model_unloaded: ${payload.model}`), { signal });

    tasks.use(giveUpOnDamagedMedia);
    tellTasks(tasks, channels, this.#name, this.#log);
    tasks.process('speech_recognition', ({ payload }) => recognizeSpeech(payload, this.#media));
    tasks.process('emotion_detection', async ({ payload }) => detectEmotion(payload, await this.#lexicon.get()));
    tasks.process('audio_denoising', async ({ payload }) => denoiseAudio(payload, this.#media, await this.#denoiser.get()));
    tasks.process('video_enhancement', ({ payload }) => enhanceVideo(payload, this.#media));
    dispatcher.process(
      'clip_analysis',
      async ({ payload }, { progress }) => analyseClip(payload, this.#media, await this.#denoiser.get(), progress),
      { queue: analysisQueue },
    );

    this.#subscriptions = [
      await channels.subscribe('meeting_events', ({ payload }) => this.#hearMeeting(payload)),
      await channels.subscribe('media_events', ({ payload }) => this.#hearMedia(payload)),
    ];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.unsubscribe()));
    await this.#unloadModels();
    this.#stopped.abort();
  }

  async #hearMeeting(told: MeetingChannels['meeting_events']): Promise<void> {
    this.#log.info(told, `meeting_events: ${told.event}`);
    if (told.event !== 'meeting_ended') return;
    await this.#unloadModels();
    await this.#ports.channels.publish('ai_events', { event: 'analysis_closed', service: this.#name, meetingId: told.meetingId });
  }

  /** A track that was uploaded will soon want its hiss taken out, so the denoiser is made ready. */
  async #hearMedia(told: MeetingChannels['media_events']): Promise<void> {
    this.#log.info(told, `media_events: ${told.event} ${told.file}`);
    if (told.event === 'track_uploaded') await this.#denoiser.get();
  }

  async #unloadModels(): Promise<void> {
    await this.#denoiser.unload();
    await this.#lexicon.unload();
  }
}
