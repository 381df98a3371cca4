/** From first to last. Every message has one; `normal` unless said otherwise. */
export const priorities = ['critical', 'high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

/** A map from message type to payload, as a plain interface: `{ speech_recognition: SpeechTask }`. */
export type AnyMessages = Record<string, unknown>;
export type TypeOf<M extends object> = keyof M & string;

/** Text beside the payload, for tracing and routing. 8 kB in all at the most. */
export type Headers = Readonly<Record<string, string>>;

/** What a handler is given. A copy: changing it changes nothing for anybody else. */
export interface Message<M extends object = AnyMessages, T extends TypeOf<M> = TypeOf<M>> {
  /** Made by the publisher (or given by the caller), unique in its queue. */
  readonly id: string;
  readonly type: T;
  readonly payload: M[T];
  readonly priority: Priority;
  readonly headers: Headers;
  /** Milliseconds since the epoch, by the publisher's clock. */
  readonly publishedAt: number;
  /** How often it was taken back from the dead letters. */
  readonly redriveCount: number;
}
