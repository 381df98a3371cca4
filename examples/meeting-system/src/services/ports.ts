import type { QueueManager } from '@quayside/core';
import {
  type AnalysisTasks,
  analysisTasks,
  type ModelEvents,
  mediaTasks,
  meetingChannels,
  meetingSchedules,
  meetingTasks,
  userTasks,
} from '../messages.js';
import type { SignalChannels } from '../signals.js';
import type { AiPorts, MeetingPorts } from './service.js';

/** Where dispatched analyses wait, apart from the meeting's other work. */
export const analysisQueue = 'meeting_analysis';

/** The ports that every process of the meeting system has. */
export function openPorts(manager: QueueManager): AiPorts {
  manager.queue(analysisQueue, { definitions: analysisTasks });
  return {
    tasks: manager.queue(meetingTasks),
    channels: manager.pubsub(meetingChannels),
    local: manager.events<ModelEvents>(),
    dispatcher: manager.dispatcher<AnalysisTasks>(),
  };
}

/** Those of the process with the meeting, user, signaling and media services. Each service with handlers has a queue of its own, so that none delays another's messages. */
export function openMeetingPorts(manager: QueueManager): MeetingPorts {
  return {
    ...openPorts(manager),
    scheduler: manager.scheduler(meetingSchedules),
    // The channels of rooms are as many as there are rooms, so they are checked where they are heard.
    signals: manager.pubsub<SignalChannels>(),
    mails: manager.queue('meeting_users', { definitions: userTasks }),
    media: manager.queue('meeting_media', { definitions: mediaTasks }),
  };
}
