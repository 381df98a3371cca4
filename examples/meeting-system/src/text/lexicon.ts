import { readFile } from 'node:fs/promises';

export const emotions = ['joy', 'trust', 'fear', 'anger', 'sadness'] as const;
export type Emotion = (typeof emotions)[number];

export interface WordFeeling {
  readonly emotion: Emotion;
  /** From -3 (bad) to 3 (good), never 0. */
  readonly valence: number;
}

export type Lexicon = ReadonlyMap<string, WordFeeling>;

const shippedFile = new URL('../../data/lexicon.txt', import.meta.url);

/** Reads the list of words that ships with this example. */
export async function loadLexicon(): Promise<Lexicon> {
  return parseLexicon(await readFile(shippedFile, 'utf8'));
}

/** One word a line: the word, its emotion, its valence. What follows a `#` is a remark. @throws SyntaxError with the line's number */
export function parseLexicon(text: string): Lexicon {
  const lexicon = new Map<string, WordFeeling>();
  for (const [index, line] of text.split('\n').entries()) {
    const [entry = ''] = line.split('#');
    if (entry.trim() === '') continue;
    const [word = '', emotionName, valenceText] = entry.trim().split(/\s+/);
    const emotion = emotions.find((name) => name === emotionName);
    const valence = Number(valenceText);
    if (emotion === undefined || !Number.isInteger(valence) || valence === 0 || Math.abs(valence) > 3 || lexicon.has(word)) {
      throw new SyntaxError(`line ${index + 1} of the lexicon is not a new word, an emotion and a valence: ${line}`);
    }
    lexicon.set(word, { emotion, valence });
  }
  return lexicon;
}
