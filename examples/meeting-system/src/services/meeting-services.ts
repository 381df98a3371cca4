import type { Logger } from '@quayside/core';
import type { MediaStore } from '../meeting/media-store.js';
import { ArchiveService } from './archive-service.js';
import { MediaService } from './media-service.js';
import { type MeetingPlan, MeetingService } from './meeting-service.js';
import type { MeetingPorts, Service } from './service.js';
import { SignalingService } from './signaling-service.js';
import { UserService } from './user-service.js';

/** The services beside the AI service. They know one another by queues and channels alone, so each could be a process of its own. */
export class MeetingServices implements Service {
  readonly users: UserService;
  readonly signaling: SignalingService;
  readonly meeting: MeetingService;
  readonly media: MediaService;
  readonly archive: ArchiveService;

  constructor(ports: MeetingPorts, plan: MeetingPlan, store: MediaStore, log: Logger) {
    const { channels, signals, mails, media, scheduler } = ports;
    this.users = new UserService(mails, channels, store, log.child({ speaker: 'users' }));
    this.signaling = new SignalingService(channels, signals, plan.meetingId, log.child({ speaker: 'signaling' }));
    this.meeting = new MeetingService(ports, plan, log.child({ speaker: 'meeting' }));
    this.media = new MediaService(media, channels, store, log.child({ speaker: 'media' }));
    this.archive = new ArchiveService(scheduler, store, log.child({ speaker: 'archive' }));
  }

  async start(): Promise<void> {
    for (const service of this.#all) await service.start();
  }

  async stop(): Promise<void> {
    for (const service of this.#all.toReversed()) await service.stop();
  }

  get #all(): readonly Service[] {
    return [this.users, this.signaling, this.media, this.archive, this.meeting];
  }
}
