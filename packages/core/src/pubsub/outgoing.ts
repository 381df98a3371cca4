/** An event on its way out, encoded but for its stamp, and whoever waits for it. */
export interface OutgoingEvent {
  readonly id: string;
  readonly channel: string;
  /** The line's end, from after the stamp on. */
  readonly rest: string;
  /** Of the whole line, at the most. */
  readonly bytes: number;
  /** By the monotonic clock. */
  readonly deadline: number;
}
