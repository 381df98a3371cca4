import type { PubSub } from '@quayside/core';
import type { MeetingChannels } from '../messages.js';
import { waitAtMost } from './patience.js';

export const meetingId = 'm-2024';
const longestClosingMs = 5_000;

/** Tells everybody what was recorded so far. */
export async function tellRecorded(channels: PubSub<MeetingChannels>): Promise<void> {
  await channels.publish('media_events', { event: 'track_uploaded', meetingId, file: 'host.wav' });
  await channels.publish('media_events', { event: 'frame_captured', meetingId, file: 'slide.pgm' });
}

/** Tells everybody that the meeting is over, and waits a while for each AI service to tell in turn that its part is done, unless one is lost. */
export async function closeMeeting(channels: PubSub<MeetingChannels>, services: readonly string[], lost: AbortSignal): Promise<void> {
  const open = new Set(services);
  let hearClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    hearClosed = resolve;
  });
  const subscription = await channels.subscribe('ai_events', ({ payload: told }) => {
    if (told.event !== 'analysis_closed') return;
    open.delete(told.service);
    if (open.size === 0) hearClosed();
  });
  await channels.publish('meeting_events', { event: 'meeting_ended', meetingId });
  await waitAtMost(closed, longestClosingMs, lost);
  await subscription.unsubscribe();
}
