import { randomUUID } from 'node:crypto';
import type { Dispatcher, DispatchItem, Logger, TaskResult, TaskState, TaskStatus } from '@quayside/core';
import type { AnalysisTasks } from '../messages.js';
import type { AnalysisProgress } from '../services/ai-handlers.js';
import { meetingId } from './meeting.js';

/** Every participant's clip. `lost.wav` is not there, so one of them fails. */
const clips = ['host.wav', 'analyst.wav', 'guest.wav', 'room.wav', 'street.wav', 'lost.wav'] as const;
/** Far more than they take. */
const longestWait = '6s';

export interface AnalysedClip {
  readonly clip: string;
  readonly result: TaskResult;
  /** The ends that the dispatcher called back with: one, if all is well. */
  readonly told: readonly TaskState[];
}

/** Has all clips analysed as one batch, by whichever process has a worker free, and waits for what comes back: in the order of the batch. */
export async function analyseClips(dispatcher: Dispatcher<AnalysisTasks>, log: Logger): Promise<readonly AnalysedClip[]> {
  const told: TaskStatus[] = [];
  const tellEnd = (task: TaskStatus) => {
    told.push(task);
    const why = task.error === undefined ? '' : `: ${task.error.message}`;
    log.info(
      {},
      `clip_analysis ${clipOf(task)} ${task.state} at attempt ${task.attempts}${why}; ${told.length} of ${clips.length} have ended`,
    );
  };
  const batch = await dispatcher.dispatchBatch(itemsOf(randomUUID()), {
    onProgress: (task) => log.info({}, `clip_analysis ${clipOf(task)}: ${(task.progress as AnalysisProgress).step}`),
    onComplete: tellEnd,
    onFailure: tellEnd,
  });
  const results = await batch.results({ timeout: longestWait });
  return results.map((result) => ({
    clip: clipOf(result),
    result,
    told: told.filter(({ id }) => id === result.id).map(({ state }) => state),
  }));
}

/** A task's id may be the application's own; here it ends in what the task is about. */
function itemsOf(run: string): readonly DispatchItem<AnalysisTasks>[] {
  return clips.map((track) => ({
    type: 'clip_analysis',
    payload: { meetingId, track },
    options: { id: `${run}/${track}`, timeout: longestWait, maxRetries: 1, backoff: { type: 'fixed', delay: '100ms', jitter: 'none' } },
  }));
}

function clipOf({ id }: { readonly id: string }): string {
  return id.slice(id.indexOf('/') + 1);
}
