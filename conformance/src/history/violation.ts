/** What a history can show to be wrong. */
export type Rule =
  /** A file lacks a line in its middle. */
  | 'line-missing'
  /** Its publish resolved; it neither ended nor is in the store. */
  | 'lost'
  /** It ended, or is in the store, more often than it was published. */
  | 'ended-twice'
  /** Nobody published it. */
  | 'from-nowhere'
  /** Every publish of it was rejected as not published, or deduplicated. */
  | 'refused-but-there'
  /** Two starts with one fence. */
  | 'fence-repeated'
  /** Two settlements of one delivery took effect. */
  | 'settled-twice'
  /** The end that took effect is not that of the highest fence. */
  | 'stale-settlement'
  /** A start beyond `maxRetries` + 1. */
  | 'too-many-starts'
  /** A start after a counted one has no higher attempt. */
  | 'start-not-counted'
  /** The statistics tell another number than the lines. */
  | 'statistics-differ';

export interface Violation {
  readonly rule: Rule;
  /** Of the message, where one is concerned. */
  readonly id?: string;
  readonly detail: string;
}
