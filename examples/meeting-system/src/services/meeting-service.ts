import { randomUUID } from 'node:crypto';
import type { Logger, PubSub, Queue, Scheduler, Subscription } from '@quayside/core';
import { waitAtMost } from '../meeting/patience.js';
import { Watch } from '../meeting/watch.js';
import type { MailTemplate, MediaTasks, MeetingChannels, MeetingSchedules, UserTasks } from '../messages.js';
import type { Service } from './service.js';

export interface MeetingPlan {
  readonly meetingId: string;
  readonly title: string;
  readonly room: string;
  readonly invited: readonly string[];
}

export interface MeetingServicePorts {
  readonly channels: PubSub<MeetingChannels>;
  readonly scheduler: Scheduler<MeetingSchedules>;
  readonly mails: Queue<UserTasks>;
  readonly media: Queue<MediaTasks>;
}

export interface MeetingCounts {
  readonly attended: readonly string[];
  readonly isReminded: boolean;
  /** Mails that were asked for again, and kept out. */
  readonly repeatedMails: number;
  /** The recording of all, once it is there. */
  readonly recording: string | undefined;
}

/** Soon, since the example is; a real meeting reminds ten minutes before it begins. */
const reminderDelay = '300ms';
/** A meeting that nobody ends is ended. */
const longestMeeting = '1h';
const longestMixMs = 5_000;

/** The meeting from its invitations to its summary: it asks the others for what it needs by their queues, and hears of it on their channels. */
export class MeetingService implements Service {
  readonly #ports: MeetingServicePorts;
  readonly #plan: MeetingPlan;
  readonly #log: Logger;
  /** Of this run: on a server that keeps what it had, an earlier run's ids are other ones. */
  readonly #run = randomUUID();
  readonly #attended = new Set<string>();
  readonly #watch = new Watch();
  #isReminded = false;
  #repeatedMails = 0;
  #recording: string | undefined;
  #tellRecorded = () => {};
  readonly #recorded = new Promise<void>((resolve) => {
    this.#tellRecorded = resolve;
  });
  #subscriptions: readonly Subscription[] = [];

  constructor(ports: MeetingServicePorts, plan: MeetingPlan, log: Logger) {
    this.#ports = ports;
    this.#plan = plan;
    this.#log = log;
  }

  get counts(): MeetingCounts {
    return {
      attended: [...this.#attended],
      isReminded: this.#isReminded,
      repeatedMails: this.#repeatedMails,
      recording: this.#recording,
    };
  }

  async start(): Promise<void> {
    const { channels, scheduler } = this.#ports;
    scheduler.process('meeting_reminder', () => this.#remind());
    scheduler.process('meeting_overtime', () => this.#log.warn({}, `${this.#plan.title} is over its time`));
    this.#subscriptions = [
      await channels.subscribe('meeting_events', ({ payload: told }) => {
        if (told.event !== 'participant_joined') return;
        this.#attended.add(told.participant);
        this.#watch.look();
      }),
      await channels.subscribe('media_events', ({ payload: told }) => {
        if (told.event !== 'recording_ready') return;
        this.#recording = told.file;
        this.#tellRecorded();
      }),
    ];
  }

  /** Resolves when so many have come. */
  present(count: number): Promise<void> {
    return this.#watch.until(() => this.#attended.size >= count);
  }

  /** Invites, plans the end, and tells everybody that the meeting begins. Each mail is asked for twice, as an impatient client does, and sent once. */
  async open(): Promise<void> {
    const { channels, scheduler } = this.#ports;
    const { meetingId, title, invited } = this.#plan;
    for (const user of [...invited, ...invited]) await this.#mail(user, 'invitation', `${title} begins now.`);
    await scheduler.schedule('meeting_overtime', { meetingId }, { id: `${this.#run}/overtime`, delay: longestMeeting });
    await channels.publish('meeting_events', { event: 'meeting_started', meetingId, title });
  }

  /** Those who are not there by then get a mail. */
  async planReminder(): Promise<void> {
    const { meetingId } = this.#plan;
    const options = { id: `${this.#run}/reminder`, delay: reminderDelay, priority: 'high' } as const;
    await this.#ports.scheduler.schedule('meeting_reminder', { meetingId }, options);
  }

  /** Has the tracks mixed into one recording, and writes to all who were invited where it is. */
  async wrapUp(tracks: readonly string[], signal: AbortSignal): Promise<void> {
    const { scheduler, media } = this.#ports;
    const { meetingId, invited } = this.#plan;
    await scheduler.cancel(`${this.#run}/overtime`);
    await media.publish('mix_recording', { meetingId, tracks: [...tracks], file: 'meeting.wav' }, { priority: 'high' });
    await waitAtMost(this.#recorded, longestMixMs, signal);
    const attended = [...this.#attended].toSorted().join(', ');
    const text = `Present: ${attended}. Recording: ${this.#recording ?? 'none'}.`;
    for (const user of invited) await this.#mail(user, 'summary', text);
    await this.#ports.mails
      .drain({ signal, timeout: longestMixMs })
      .catch((error: Error) => this.#log.warn({ err: error }, 'a summary is not sent yet'));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.unsubscribe()));
    // Where it was interrupted they stand yet.
    await Promise.all(['reminder', 'overtime'].map((one) => this.#ports.scheduler.cancel(`${this.#run}/${one}`)));
  }

  async #remind(): Promise<void> {
    const { title, invited } = this.#plan;
    const missing = invited.filter((user) => !this.#attended.has(user));
    this.#isReminded = true;
    this.#log.info({}, `meeting_reminder: ${missing.join(', ') || 'nobody'} not there yet`);
    for (const user of missing) await this.#mail(user, 'reminder', `${title} has begun, and you are missed.`);
  }

  async #mail(user: string, template: MailTemplate, text: string): Promise<void> {
    const { meetingId } = this.#plan;
    const deduplication = { id: `${this.#run}/${template}/${user}`, window: longestMeeting };
    const { isDeduplicated } = await this.#ports.mails.publish('send_mail', { meetingId, user, template, text }, { deduplication });
    if (isDeduplicated) this.#repeatedMails++;
  }
}
