import type { Logger } from '@quayside/core';
import type { MediaStore } from '../meeting/media-store.js';
import { AiService } from '../services/ai-service.js';
import type { AiPorts } from '../services/service.js';
import type { Crew } from './crew.js';

const name = 'ai-service';

/** One AI service, in this process: it can't be lost without the meeting itself. */
export class OwnCrew extends AiService implements Crew {
  readonly names: readonly string[] = [name];
  readonly lost: AbortSignal = new AbortController().signal;
  readonly begin: () => Promise<void>;

  /** @param begin starts the workers of this process */
  constructor(ports: AiPorts, media: MediaStore, log: Logger, begin: () => Promise<void>) {
    super(ports, media, log.child({ speaker: name }), name);
    this.begin = begin;
  }
}
