import { setTimeout } from 'node:timers/promises';
import type { PubSub } from '@quayside/core';
import type { MeetingChannels } from '../messages.js';

export const meetingId = 'm-2024';
/** Events are delivered at most once, so nobody waits for one without a bound. */
const longestClosingMs = 5_000;

/** Tells everybody that the meeting began, who came, and what was recorded so far. */
export async function openMeeting(channels: PubSub<MeetingChannels>): Promise<void> {
  await channels.publish('meeting_events', { event: 'meeting_started', meetingId, title: 'The Friday demo' });
  for (const participant of ['host', 'analyst', 'guest']) {
    await channels.publish('meeting_events', { event: 'participant_joined', meetingId, participant });
  }
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
  await Promise.race([closed, setTimeout(longestClosingMs, undefined, { ref: false, signal: lost }).catch(() => {})]);
  await subscription.unsubscribe();
}
