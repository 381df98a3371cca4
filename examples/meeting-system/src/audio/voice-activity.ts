import { percentile, power, type Signal, toDb } from './signal.js';

export interface VoiceSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface VoiceActivity {
  readonly segments: readonly VoiceSegment[];
  readonly speechSeconds: number;
  readonly totalSeconds: number;
  /** A frame louder than this counts as speech. It follows the clip's own noise. */
  readonly thresholdDb: number;
}

const frameSeconds = 0.02;
/** A pause inside a word or between two words; shorter ones do not end a segment. */
const longestPauseFrames = 10;
/** A click; shorter ones are no speech. */
const shortestSegmentFrames = 4;
/** Frames of plain noise differ by less than this; a clip with no wider range has nobody speaking. */
const smallestRangeDb = 6;

/**
 * Finds when somebody speaks by loudness alone: which frames rise above the clip's own noise floor. It knows nothing of words, and
 * takes a slammed door for a speaker. The floor is the quietest tenth, so the clip must have some pauses.
 */
export function findVoiceActivity({ sampleRate, samples }: Signal): VoiceActivity {
  const frameLength = Math.max(1, Math.round(frameSeconds * sampleRate));
  const levels: number[] = [];
  for (let start = 0; start + frameLength <= samples.length; start += frameLength) {
    levels.push(toDb(power(samples.subarray(start, start + frameLength))));
  }
  const totalSeconds = samples.length / sampleRate;
  if (levels.length === 0) return { segments: [], speechSeconds: 0, totalSeconds, thresholdDb: 0 };

  const floorDb = percentile(levels, 0.1);
  const rangeDb = percentile(levels, 0.95) - floorDb;
  const thresholdDb = floorDb + Math.max(smallestRangeDb, rangeDb / 3);
  const frameToSeconds = frameLength / sampleRate;
  const segments = joinFrames(levels.map((level) => level > thresholdDb)).map(({ first, end }) => ({
    startSeconds: first * frameToSeconds,
    endSeconds: end * frameToSeconds,
  }));
  const speechSeconds = segments.reduce((sum, segment) => sum + segment.endSeconds - segment.startSeconds, 0);
  return { segments, speechSeconds, totalSeconds, thresholdDb };
}

interface FrameRun {
  readonly first: number;
  /** The first frame after it. */
  readonly end: number;
}

function joinFrames(isLoud: readonly boolean[]): readonly FrameRun[] {
  const runs: FrameRun[] = [];
  for (const [frame, loud] of isLoud.entries()) {
    if (!loud) continue;
    const last = runs.at(-1);
    if (last !== undefined && frame - last.end <= longestPauseFrames) runs[runs.length - 1] = { first: last.first, end: frame + 1 };
    else runs.push({ first: frame, end: frame + 1 });
  }
  return runs.filter((run) => run.end - run.first >= shortestSegmentFrames);
}
