import { setTimeout } from 'node:timers/promises';
import { type Logger, type ManagerHealth, QueueManager, type SchedulerStats } from '@quayside/core';
import { analyseClips } from './meeting/analysis.js';
import { keepEarlierMeetings } from './meeting/earlier-meetings.js';
import { MediaStore } from './meeting/media-store.js';
import { closeMeeting, meetingId, tellRecorded } from './meeting/meeting.js';
import { Participant } from './meeting/participant.js';
import { waitAtMost } from './meeting/patience.js';
import { recordMeeting } from './meeting/recording.js';
import { publishTasks, workOff } from './meeting/tasks.js';
import { uploadLate } from './meeting/upload.js';
import type { Crew } from './processes/crew.js';
import { OwnCrew } from './processes/own-crew.js';
import { WorkerProcesses } from './processes/worker-processes.js';
import { atHand, strikeBalance } from './report/balance.js';
import { Ledger } from './report/ledger.js';
import { followTasks } from './report/progress.js';
import { countRuns } from './report/runs.js';
import { pairsOf, serviceTable, strikeServiceBalance } from './report/service-balance.js';
import { balanceLines, clipTable, crewLine, statsLines, taskTable } from './report/summary.js';
import { openRuns, strikeDispatchBalance, strikeScheduleBalance } from './report/task-balance.js';
import type { MeetingPlan } from './services/meeting-service.js';
import { MeetingServices } from './services/meeting-services.js';
import { analysisQueue, openMeetingPorts } from './services/ports.js';
import type { MeetingPorts } from './services/service.js';

export interface RunOptions {
  /** Path of the config. */
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the meeting's files go. */
  readonly mediaFolder: string;
  readonly log: Logger;
  /** AI services in processes of their own; else in this one. The backends must be such that several processes can share them. */
  readonly hasWorkerProcesses: boolean;
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
/** Far more than the last scheduled run takes to end. */
const longestRestMs = 2_000;
/** Far more than the participants take to find one another. */
const longestGatheringMs = 5_000;

const plan: MeetingPlan = { meetingId, title: 'The Friday demo', room: 'room-101', invited: ['host', 'analyst', 'guest'] };

/** Opens the ports, holds one meeting over them, and closes them, whatever happened. */
export async function runMeeting(options: RunOptions): Promise<RunResult> {
  const { config, env, log } = options;
  const manager = await QueueManager.create(config, { env, logger: log.child({ speaker: 'quayside' }) });
  try {
    const ports = openMeetingPorts(manager);
    ports.dispatcher.addRoute({ name: 'analysis', type: 'clip_analysis', to: analysisQueue });
    log.info({}, describeBackends(await manager.health()));
    const media = new MediaStore(options.mediaFolder);
    const crew = options.hasWorkerProcesses
      ? new WorkerProcesses({ config, mediaFolder: media.folder, startedAt: performance.timeOrigin }, env, log)
      : new OwnCrew(ports, media, log, () => manager.start());
    try {
      return await holdMeeting(ports, crew, media, options);
    } finally {
      await crew.stop();
    }
  } finally {
    await manager.stop();
  }
}

async function holdMeeting(ports: MeetingPorts, crew: Crew, media: MediaStore, options: RunOptions): Promise<RunResult> {
  const { tasks, channels, local, scheduler, dispatcher, mails, signals } = ports;
  const { log } = options;
  const signal = AbortSignal.any([options.signal, crew.lost]);
  const ledger = new Ledger(() => performance.now());
  const meetingServices = new MeetingServices(ports, plan, media, log);
  const { archive, meeting, signaling } = meetingServices;
  const services = [crew, meetingServices];

  const endedBy = await followTasks(channels, ledger, log);
  const runs = countRuns(scheduler);
  const before = {
    queue: await tasks.stats(),
    scheduler: await scheduler.stats(),
    mails: await mails.stats(),
    recordings: await ports.media.stats(),
  };
  if (atHand(before.queue) > 0) log.info({}, `${atHand(before.queue)} tasks of an earlier run are in the queue: they are worked off too`);
  await keepEarlierMeetings(media, new Date());
  for (const service of services) await service.start();
  await uploadLate(await recordMeeting(media, seed), { channels, media, log });

  const [host, analyst, guest] = plan.invited.map((name) => new Participant(name, plan.room, signals));
  // The guest forgot, and comes when the reminder does.
  await channels.subscribe('user_events', async ({ payload: { user, template } }) => {
    if (user === guest?.name && template === 'reminder') await guest.join();
  });
  await scheduler.start();
  await meeting.open();
  await Promise.all([host?.join(), analyst?.join()]);
  await waitAtMost(meeting.present(2), longestGatheringMs, signal);
  await meeting.planReminder();
  await tellRecorded(channels);
  await publishTasks(tasks, ledger);
  log.info({}, `${ledger.rows().length} tasks are published, in no order; now the workers start, and take the critical ones first`);
  await crew.begin();
  await workOff(tasks, ledger, signal);
  const clips = signal.aborted ? [] : await analyseClips(dispatcher, log);
  await archive.tidied(signal);
  await waitAtMost(signaling.connected(pairsOf(plan)), longestGatheringMs, signal);
  if (!signal.aborted) {
    const tracks = plan.invited.map((name) => `${name}.wav`);
    await meeting.wrapUp(tracks, signal);
  }
  for (const participant of [host, analyst, guest]) await participant?.leave();

  const queue = await tasks.stats();
  await tasks.stop();
  await closeMeeting(channels, crew.names, crew.lost);
  const [pubsub, bus] = [channels.stats(), local.stats()];
  const queues = {
    mails: { before: before.mails, after: await mails.stats() },
    recordings: { before: before.recordings, after: await ports.media.stats() },
  };
  for (const service of services) await service.stop();
  const stats = { queue, pubsub, local: bus, scheduler: await atRest(scheduler), dispatcher: await dispatcher.stats() };
  crew.lost.throwIfAborted();
  if (signal.aborted) return { outcome: 'interrupted', report: 'interrupted before the end' };
  const rows = ledger.rows();
  const balances = [
    strikeScheduleBalance({ runs: runs(), before: before.scheduler, after: stats.scheduler }),
    strikeDispatchBalance(clips, stats.dispatcher),
    strikeServiceBalance({ services: meetingServices, plan, queues }),
    strikeBalance({ rows, before: before.queue, after: queue }),
  ];
  return {
    outcome: balances.every(({ differences }) => differences.length === 0) ? 'balanced' : 'unbalanced',
    report: [
      taskTable(rows),
      clipTable(clips),
      serviceTable({ services: meetingServices, plan }),
      statsLines(stats),
      ...crewLine(endedBy(), crew.names),
      balanceLines(...balances),
    ].join('\n\n'),
  };
}

/** The scheduler's figures once its last run has ended: one that was running when its schedule was cancelled needs a moment. */
async function atRest(scheduler: MeetingPorts['scheduler']): Promise<SchedulerStats> {
  const until = performance.now() + longestRestMs;
  for (;;) {
    const stats = await scheduler.stats();
    if (openRuns(stats) === 0 || performance.now() > until) return stats;
    await setTimeout(10);
  }
}

function describeBackends({ components }: ManagerHealth): string {
  const where = (component: string) => components[component]?.backend ?? 'this process';
  return (
    `the queue is in ${where('message_queue')}, the channels in ${where('pubsub')}, the event bus in ${where('event_bus')}, ` +
    `the scheduler in ${where('task_scheduler')}, the dispatcher in ${where('task_dispatcher')}`
  );
}
