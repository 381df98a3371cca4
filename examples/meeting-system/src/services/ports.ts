import type { QueueManager } from '@quayside/core';
import { type AnalysisTasks, analysisTasks, type ModelEvents, meetingChannels, meetingTasks } from '../messages.js';
import type { AiPorts } from './service.js';

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
