import { type BackoffOptions, type BatchItem, type Queue, TimeoutError } from '@quayside/core';
import type { MeetingTasks } from '../messages.js';
import type { Ledger } from '../report/ledger.js';
import { meetingId } from './meeting.js';
import { waitAtMost } from './patience.js';
import { transcript } from './transcript.js';

/** Far more than the work takes. */
const longestWorkMs = 30_000;
const tellingMs = 1_000;

type MeetingTask = BatchItem<MeetingTasks>;

/** Short, so that the example ends soon; the library's own default begins with 1 s. The number of retries is the config's. */
const backoff: BackoffOptions = { type: 'exponential', delay: '250ms', jitter: 'none' };

/**
 * What a meeting asks of the AI service, in no order of importance: the queue puts them in order. Among them are the track `guest.wav`,
 * which is uploaded only after two attempts have missed it, `lost.wav`, which never comes, and `damaged.pgm`, which is no picture.
 */
function tasksOfMeeting(): readonly MeetingTask[] {
  return [
    { type: 'emotion_detection', payload: { meetingId, speaker: 'guest', lines: [...transcript.guest] }, options: { priority: 'low' } },
    { type: 'speech_recognition', payload: { meetingId, track: 'guest.wav' }, options: { priority: 'normal', backoff } },
    { type: 'video_enhancement', payload: { meetingId, frame: 'damaged.pgm' }, options: { priority: 'low', backoff } },
    { type: 'audio_denoising', payload: denoising('street'), options: { priority: 'low' } },
    { type: 'speech_recognition', payload: { meetingId, track: 'lost.wav' }, options: { priority: 'low', backoff } },
    { type: 'speech_recognition', payload: { meetingId, track: 'room.wav' }, options: { priority: 'normal' } },
    { type: 'video_enhancement', payload: { meetingId, frame: 'analyst.pgm' }, options: { priority: 'normal' } },
    {
      type: 'emotion_detection',
      payload: { meetingId, speaker: 'analyst', lines: [...transcript.analyst] },
      options: { priority: 'normal' },
    },
    { type: 'audio_denoising', payload: denoising('room'), options: { priority: 'normal' } },
    { type: 'speech_recognition', payload: { meetingId, track: 'analyst.wav' }, options: { priority: 'high' } },
    { type: 'audio_denoising', payload: denoising('analyst'), options: { priority: 'high' } },
    { type: 'emotion_detection', payload: { meetingId, speaker: 'host', lines: [...transcript.host] }, options: { priority: 'high' } },
    { type: 'video_enhancement', payload: { meetingId, frame: 'host.ppm' }, options: { priority: 'high' } },
    { type: 'speech_recognition', payload: { meetingId, track: 'host.wav' }, options: { priority: 'critical' } },
    { type: 'audio_denoising', payload: denoising('host'), options: { priority: 'critical' } },
    { type: 'video_enhancement', payload: { meetingId, frame: 'slide.pgm' }, options: { priority: 'critical' } },
  ];
}

function denoising(speaker: string): MeetingTasks['audio_denoising'] {
  return { meetingId, track: `${speaker}.wav`, reference: `${speaker}.clean.wav` };
}

/** One batch: all of them are in the queue, or none. */
export async function publishTasks(tasks: Queue<MeetingTasks>, ledger: Ledger): Promise<void> {
  const wanted = tasksOfMeeting();
  const results = await tasks.publishBatch(wanted);
  for (const [index, { type, payload, options }] of wanted.entries()) {
    const id = results[index]?.id;
    if (id !== undefined) ledger.enter({ id, type, subject: subjectOf(payload), priority: options?.priority ?? 'normal' });
  }
}

/** Waits until nothing is left in the queue, then a moment for the last ends to be told: a task that the ledger misses then is lost. */
export async function workOff(tasks: Queue<MeetingTasks>, ledger: Ledger, signal: AbortSignal): Promise<void> {
  try {
    await tasks.drain({ timeout: longestWorkMs, signal });
  } catch (error) {
    if (signal.aborted || error instanceof TimeoutError) return;
    throw error;
  }
  await waitAtMost(ledger.whole(), tellingMs);
}

/** What a task is about, in a word. */
function subjectOf(payload: MeetingTask['payload']): string {
  if ('track' in payload) return payload.track;
  return 'frame' in payload ? payload.frame : payload.speaker;
}
