import type { Logger } from '@quayside/core';
import type { MeetingPorts } from '../services/service.js';
import type { MediaStore } from './media-store.js';
import { meetingId } from './meeting.js';
import type { LateUpload } from './recording.js';

interface UploadParts {
  readonly ports: MeetingPorts;
  readonly media: MediaStore;
  readonly log: Logger;
}

/** Puts the late file into the media store once the task that wants it has failed twice, so that its third attempt finds it. */
export function uploadLate({ name, bytes }: LateUpload, { ports, media, log }: UploadParts): void {
  const { tasks, channels } = ports;
  const upload = async () => {
    await media.write(name, bytes);
    await channels.publish('media_events', { event: 'track_uploaded', meetingId, file: name });
  };
  tasks.on('settled', ({ attempt }, ending) => {
    if (ending.outcome !== 'retry' || attempt !== 2 || !ending.error.message.startsWith(name)) return;
    upload().catch((err: unknown) => log.error({ err }, `the upload of ${name}`));
  });
}
