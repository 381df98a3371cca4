import type { Logger, PubSub } from '@quayside/core';
import type { MeetingChannels } from '../messages.js';
import type { MediaStore } from './media-store.js';
import { meetingId } from './meeting.js';
import type { LateUpload } from './recording.js';

interface UploadParts {
  readonly channels: PubSub<MeetingChannels>;
  readonly media: MediaStore;
  readonly log: Logger;
}

/** Puts the late file into the media store once it is heard that the task that wants it has failed twice, so that its third attempt finds it. */
export async function uploadLate({ name, bytes }: LateUpload, { channels, media, log }: UploadParts): Promise<void> {
  const upload = async () => {
    await media.write(name, bytes);
    await channels.publish('media_events', { event: 'track_uploaded', meetingId, file: name });
  };
  await channels.subscribe('ai_events', ({ payload: told }) => {
    if (told.event !== 'task_settled') return;
    const { attempt, ending } = told;
    if (ending.outcome !== 'retry' || attempt !== 2 || !ending.error.message.startsWith(name)) return;
    upload().catch((err: unknown) => log.error({ err }, `the upload of ${name}`));
  });
}
