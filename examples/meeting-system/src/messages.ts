import { defineMessages, type Ending, type MessageDefinitions } from '@quayside/core';
import { z } from 'zod';

type MessagesOf<D> = D extends MessageDefinitions<infer M> ? M : never;

/** A file in the media store. */
const fileName = z.string().regex(/^\w[\w.-]*$/);
const meetingId = z.string().min(1);
/** The name of the AI service that tells: each has its own, whatever process it is in. */
const service = z.string().min(1);
const id = z.string().min(1);
/** How the queue says that a delivery ended: plain data, so it travels as it is. */
const ending = z.custom<Ending>((value) => typeof value === 'object' && value !== null && 'outcome' in value);

/** What travels through the queue: checked when published, and again before a handler sees it. */
export const meetingTasks = defineMessages({
  speech_recognition: z.object({ meetingId, track: fileName }),
  emotion_detection: z.object({ meetingId, speaker: z.string(), lines: z.array(z.string()).min(1) }),
  /** `reference`: the same track without noise, where there is one, to measure the gain against. */
  audio_denoising: z.object({ meetingId, track: fileName, reference: fileName.optional() }),
  video_enhancement: z.object({ meetingId, frame: fileName }),
});
export type MeetingTasks = MessagesOf<typeof meetingTasks>;

/** What is dispatched: work whose result somebody waits for. */
export const analysisTasks = defineMessages({
  clip_analysis: z.object({ meetingId, track: fileName }),
});
export type AnalysisTasks = MessagesOf<typeof analysisTasks>;

/** What comes back of a `clip_analysis`, maybe from another process. */
export const clipAnalysis = z.object({ track: fileName, speechSeconds: z.number(), segments: z.number(), totalSeconds: z.number() });
export type ClipAnalysis = z.infer<typeof clipAnalysis>;

/** What the user service does. */
const mailTemplate = z.enum(['invitation', 'reminder', 'summary']);
export type MailTemplate = z.infer<typeof mailTemplate>;
export const userTasks = defineMessages({
  send_mail: z.object({ meetingId, user: z.string().regex(/^[\w-]+$/), template: mailTemplate, text: z.string() }),
});
export type UserTasks = MessagesOf<typeof userTasks>;

/** What the media service does. */
export const mediaTasks = defineMessages({
  mix_recording: z.object({ meetingId, tracks: z.array(fileName).min(1), file: fileName }),
});
export type MediaTasks = MessagesOf<typeof mediaTasks>;

const archiveShapes = {
  room_cleanup: z.object({ room: z.string().min(1) }),
  storage_report: z.object({}),
};

/** What runs at its time. */
export const archiveTasks = defineMessages(archiveShapes);
export type ArchiveTasks = MessagesOf<typeof archiveTasks>;

/** The same with what the meeting service plans. */
export const meetingSchedules = defineMessages({
  ...archiveShapes,
  meeting_reminder: z.object({ meetingId }),
  meeting_overtime: z.object({ meetingId }),
});
export type MeetingSchedules = MessagesOf<typeof meetingSchedules>;

/** What every process may hear. */
export const meetingChannels = defineMessages({
  meeting_events: z.discriminatedUnion('event', [
    z.object({ event: z.literal('meeting_started'), meetingId, title: z.string() }),
    z.object({ event: z.literal('participant_joined'), meetingId, participant: z.string() }),
    z.object({ event: z.literal('meeting_ended'), meetingId }),
  ]),
  media_events: z.object({ event: z.enum(['track_uploaded', 'frame_captured', 'recording_ready']), meetingId, file: fileName }),
  user_events: z.object({ event: z.literal('mail_sent'), meetingId, user: z.string(), template: mailTemplate }),
  ai_events: z.discriminatedUnion('event', [
    z.object({ event: z.literal('task_begun'), service, id, type: z.string(), priority: z.enum(['critical', 'high', 'normal', 'low']) }),
    z.object({ event: z.literal('task_settled'), service, id, type: z.string(), attempt: z.number(), ending }),
    z.object({ event: z.literal('analysis_closed'), service, meetingId }),
  ]),
});
export type MeetingChannels = MessagesOf<typeof meetingChannels>;

/** What stays inside one process. */
export interface ModelEvents {
  model_loaded: { readonly model: string; readonly loadMs: number };
  model_unloaded: { readonly model: string };
}
