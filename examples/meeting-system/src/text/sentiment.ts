import type { Emotion, Lexicon } from './lexicon.js';

export type Mood = 'positive' | 'neutral' | 'negative';

export interface Sentiment {
  /** Mean score of a line; a line scores the sum of its words. */
  readonly score: number;
  readonly mood: Mood;
  /** The emotion of most words; none where the lexicon knew no word. */
  readonly dominant: Emotion | 'none';
  readonly knownWords: number;
  readonly lines: number;
}

const negations = new Set(['not', 'no', 'never', 'hardly', "don't", "isn't", "wasn't", "can't", "won't", "didn't", "aren't"]);
const intensifiers = new Set(['very', 'really', 'so', 'extremely', 'completely']);
/** A negation turns the words this far after it. */
const negationReach = 3;
/** "Not terrible" is less than good. */
const negated = -0.5;
const intensified = 1.5;
/** A mean closer to 0 than this is neutral. */
const neutralRange = 0.5;

/** Adds up what the lexicon says of each word. It counts words: irony, and words it does not list, pass it by. */
export function scoreLines(lines: readonly string[], lexicon: Lexicon): Sentiment {
  const counts = new Map<Emotion, number>();
  let sum = 0;
  let knownWords = 0;
  for (const line of lines) {
    const words =
      line
        .toLowerCase()
        .replaceAll('’', "'")
        .match(/[\p{L}']+/gu) ?? [];
    for (const [place, word] of words.entries()) {
      const feeling = lexicon.get(word);
      if (feeling === undefined) continue;
      knownWords += 1;
      const isNegated = words.slice(Math.max(0, place - negationReach), place).some((before) => negations.has(before));
      const isIntensified = intensifiers.has(words[place - 1] ?? '');
      sum += feeling.valence * (isNegated ? negated : 1) * (isIntensified ? intensified : 1);
      if (!isNegated) counts.set(feeling.emotion, (counts.get(feeling.emotion) ?? 0) + 1);
    }
  }
  const score = lines.length === 0 ? 0 : sum / lines.length;
  return { score, mood: moodOf(score), dominant: mostFrequent(counts), knownWords, lines: lines.length };
}

function moodOf(score: number): Mood {
  if (Math.abs(score) < neutralRange) return 'neutral';
  return score > 0 ? 'positive' : 'negative';
}

function mostFrequent(counts: ReadonlyMap<Emotion, number>): Emotion | 'none' {
  let dominant: Emotion | 'none' = 'none';
  let most = 0;
  for (const [emotion, count] of counts) {
    if (count <= most) continue;
    dominant = emotion;
    most = count;
  }
  return dominant;
}
