import { extname } from 'node:path';
import type { Denoiser } from '../audio/denoiser.js';
import { signalToNoiseDb } from '../audio/signal.js';
import { findVoiceActivity, type VoiceActivity } from '../audio/voice-activity.js';
import { decodeWav, encodeWav } from '../audio/wav.js';
import type { MediaStore } from '../meeting/media-store.js';
import type { AnalysisTasks, ClipAnalysis, MeetingTasks } from '../messages.js';
import type { Lexicon } from '../text/lexicon.js';
import { type Sentiment, scoreLines } from '../text/sentiment.js';
import { contrastOf, stretchContrast } from '../video/contrast.js';
import { decodeFrame, encodeFrame } from '../video/frame.js';

/** Every result says in a sentence what was really done. */
interface Summary {
  readonly summary: string;
}

/** Finds when somebody speaks. It does not find out what. */
export async function recognizeSpeech({ track }: MeetingTasks['speech_recognition'], media: MediaStore): Promise<VoiceActivity & Summary> {
  const activity = findVoiceActivity(decodeWav(await media.read(track)));
  const { segments, speechSeconds, totalSeconds } = activity;
  const summary = `voice ${speechSeconds.toFixed(1)} of ${totalSeconds.toFixed(1)} s, segments: ${segments.length} (activity, not words)`;
  return { ...activity, summary };
}

/** Scores words by a list. */
export function detectEmotion({ lines }: MeetingTasks['emotion_detection'], lexicon: Lexicon): Sentiment & Summary {
  const sentiment = scoreLines(lines, lexicon);
  const { score, mood, dominant, knownWords } = sentiment;
  const summary = `${mood}, score ${score.toFixed(1)} a line, mostly ${dominant} (${knownWords} known words)`;
  return { ...sentiment, summary };
}

export interface DenoisedTrack extends Summary {
  readonly file: string;
  /** Measured only where the task names the clean track. */
  readonly gainDb?: number;
}

/** Takes the steady hiss out of a track and stores the cleaned one beside it. */
export async function denoiseAudio(
  { track, reference }: MeetingTasks['audio_denoising'],
  media: MediaStore,
  denoiser: Denoiser,
): Promise<DenoisedTrack> {
  const noisy = decodeWav(await media.read(track));
  const samples = denoiser.denoise(noisy.samples);
  const file = beside(track, 'denoised');
  await media.write(file, encodeWav({ sampleRate: noisy.sampleRate, samples }));
  if (reference === undefined) return { file, summary: 'hiss subtracted, gain not measured' };
  const clean = decodeWav(await media.read(reference)).samples;
  const before = signalToNoiseDb(clean, noisy.samples);
  const after = signalToNoiseDb(clean, samples);
  const summary = `signal to noise ${before.toFixed(1)} -> ${after.toFixed(1)} dB (gain ${(after - before).toFixed(1)})`;
  return { file, gainDb: after - before, summary };
}

/** How far an analysis is. */
export interface AnalysisProgress {
  readonly track: string;
  readonly step: string;
}

/** Who spoke for how long in a clip: the hiss is taken out first, so that a noisy line does not count as a talker. */
export async function analyseClip(
  { track }: AnalysisTasks['clip_analysis'],
  media: MediaStore,
  denoiser: Denoiser,
  tell: (progress: AnalysisProgress) => void,
): Promise<ClipAnalysis> {
  const { sampleRate, samples } = decodeWav(await media.read(track));
  const clean = denoiser.denoise(samples);
  tell({ track, step: 'hiss subtracted' });
  const { segments, speechSeconds, totalSeconds } = findVoiceActivity({ sampleRate, samples: clean });
  return { track, speechSeconds, segments: segments.length, totalSeconds };
}

export interface EnhancedFrame extends Summary {
  readonly file: string;
  readonly contrastBefore: number;
  readonly contrastAfter: number;
}

/** Stretches the contrast of one frame and stores the new one beside it. */
export async function enhanceVideo({ frame }: MeetingTasks['video_enhancement'], media: MediaStore): Promise<EnhancedFrame> {
  const original = decodeFrame(await media.read(frame));
  const stretched = stretchContrast(original);
  const file = beside(frame, 'enhanced');
  await media.write(file, encodeFrame(stretched));
  const contrastBefore = contrastOf(original);
  const contrastAfter = contrastOf(stretched);
  return { file, contrastBefore, contrastAfter, summary: `contrast ${contrastBefore.toFixed(3)} -> ${contrastAfter.toFixed(3)}` };
}

function beside(file: string, what: string): string {
  const ending = extname(file);
  return `${file.slice(0, file.length - ending.length)}.${what}${ending}`;
}
