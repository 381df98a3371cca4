import type { Logger, PubSub, Queue } from '@quayside/core';
import type { MeetingChannels, MeetingTasks } from '../messages.js';

/** Tells on `ai_events` what becomes of each task that this process works on, so that whoever published it hears of it wherever that is. */
export function tellTasks(tasks: Queue<MeetingTasks>, channels: PubSub<MeetingChannels>, service: string, log: Logger): void {
  const tell = (news: MeetingChannels['ai_events']) => {
    channels.publish('ai_events', news).catch((err: unknown) => log.error({ err }, `${news.event} could not be told`));
  };
  tasks.on('active', ({ id, type, priority }) => tell({ event: 'task_begun', service, id, type, priority }));
  tasks.on('settled', ({ id, type, attempt }, ending) => tell({ event: 'task_settled', service, id, type, attempt, ending }));
}
