import { type Logger, type PubSub, type Queue, RetryLater } from '@quayside/core';
import type { MediaStore } from '../meeting/media-store.js';
import type { MailTemplate, MeetingChannels, UserTasks } from '../messages.js';
import type { Service } from './service.js';

export type MailCounts = Readonly<Record<MailTemplate, number>>;

/** Knows the users and writes to them. A mail is a file in an outbox here; its name follows from what it is about, so one that is sent twice is one file. */
export class UserService implements Service {
  readonly #mails: Queue<UserTasks>;
  readonly #channels: PubSub<MeetingChannels>;
  readonly #outbox: MediaStore;
  readonly #log: Logger;
  readonly #sent = { invitation: 0, reminder: 0, summary: 0 };

  constructor(mails: Queue<UserTasks>, channels: PubSub<MeetingChannels>, outbox: MediaStore, log: Logger) {
    this.#mails = mails;
    this.#channels = channels;
    this.#outbox = outbox;
    this.#log = log;
  }

  get sent(): MailCounts {
    return { ...this.#sent };
  }

  async start(): Promise<void> {
    this.#mails.process('send_mail', ({ payload }, { attempt }) => this.#send(payload, attempt));
    await this.#mails.start();
  }

  async stop(): Promise<void> {
    await this.#mails.stop();
  }

  /** The mail server is busy at the first mail to the analyst, so that a retry can be seen. */
  async #send({ meetingId, user, template, text }: UserTasks['send_mail'], attempt: number): Promise<void> {
    if (user === 'analyst' && template === 'invitation' && attempt === 1) throw new RetryLater('100ms', 'the mail server is busy');
    await this.#outbox.write(`mail.${user}.${template}.txt`, Buffer.from(`To: ${user}@meeting.example\n\n${text}\n`));
    this.#sent[template]++;
    this.#log.info({}, `${template} sent to ${user}${attempt > 1 ? ` at attempt ${attempt}` : ''}`);
    await this.#channels.publish('user_events', { event: 'mail_sent', meetingId, user, template });
  }
}
