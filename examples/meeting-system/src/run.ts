import { type Logger, type ManagerHealth, QueueManager } from '@quayside/core';
import { MediaStore } from './meeting/media-store.js';
import { closeMeeting, openMeeting } from './meeting/meeting.js';
import { recordMeeting } from './meeting/recording.js';
import { publishTasks, workOff } from './meeting/tasks.js';
import { uploadLate } from './meeting/upload.js';
import { type ModelEvents, meetingChannels, meetingTasks } from './messages.js';
import { atHand, strikeBalance } from './report/balance.js';
import { Ledger } from './report/ledger.js';
import { followTasks } from './report/progress.js';
import { balanceLines, statsLines, taskTable } from './report/summary.js';
import { AiService } from './services/ai-service.js';
import { giveUpOnDamagedMedia } from './services/damaged-media.js';
import type { MeetingPorts, Service } from './services/service.js';

export interface RunOptions {
  /** Path of the config. */
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the meeting's files go. */
  readonly mediaFolder: string;
  readonly log: Logger;
  /** Ends the run early. */
  readonly signal: AbortSignal;
}

export interface RunResult {
  /** `balanced`: what went in equals what came out. */
  readonly outcome: 'balanced' | 'unbalanced' | 'interrupted';
  /** The account, for people to read. */
  readonly report: string;
}

const seed = 20;

/** Opens the ports, holds one meeting over them, and closes them, whatever happened. */
export async function runMeeting(options: RunOptions): Promise<RunResult> {
  const { config, env, log } = options;
  const manager = await QueueManager.create(config, { env, logger: log.child({ speaker: 'quayside' }) });
  try {
    const ports: MeetingPorts = {
      tasks: manager.queue(meetingTasks),
      channels: manager.pubsub(meetingChannels),
      local: manager.events<ModelEvents>(),
    };
    log.info({}, describeBackends(await manager.health()));
    return await holdMeeting(ports, () => manager.start(), options);
  } finally {
    await manager.stop();
  }
}

async function holdMeeting(ports: MeetingPorts, startWorkers: () => Promise<void>, options: RunOptions): Promise<RunResult> {
  const { tasks, channels, local } = ports;
  const { log, signal } = options;
  const media = new MediaStore(options.mediaFolder);
  const ledger = new Ledger(() => performance.now());
  // The meeting, media, signaling and user services will stand beside this one.
  const services: readonly Service[] = [new AiService(ports, media, log.child({ speaker: 'ai-service' }))];

  tasks.use(giveUpOnDamagedMedia);
  followTasks(tasks, ledger, log);
  for (const service of services) await service.start();
  uploadLate(await recordMeeting(media, seed), { ports, media, log });

  await openMeeting(channels);
  const before = await tasks.stats();
  if (atHand(before) > 0) log.info({}, `${atHand(before)} tasks of an earlier run are in the queue: they are worked off too`);
  await publishTasks(tasks, ledger);
  log.info({}, `${ledger.rows().length} tasks are published, in no order; now the workers start, and take the critical ones first`);
  await startWorkers();
  await workOff(tasks, ledger, signal);

  const after = await tasks.stats();
  await tasks.stop();
  await closeMeeting(channels);
  const stats = { queue: after, pubsub: channels.stats(), local: local.stats() };
  for (const service of services) await service.stop();
  if (signal.aborted) return { outcome: 'interrupted', report: 'interrupted before the end' };
  const rows = ledger.rows();
  const balance = strikeBalance({ rows, before, after });
  return {
    outcome: balance.differences.length === 0 ? 'balanced' : 'unbalanced',
    report: [taskTable(rows), statsLines(stats), balanceLines(balance)].join('\n\n'),
  };
}

function describeBackends({ components }: ManagerHealth): string {
  const where = (component: string) => components[component]?.backend ?? 'this process';
  return `the queue is in ${where('message_queue')}, the channels in ${where('pubsub')}, the event bus in ${where('event_bus')}`;
}
