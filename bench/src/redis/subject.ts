/** A queue library on one Redis server, as the scenarios use it. */
export interface Subject {
  readonly name: string;
  /** A queue of its own, empty. */
  open(url: string, queue: string): Promise<Session>;
}

export interface Session {
  add(payload: object, priority?: number): Promise<unknown>;
  addBulk(payloads: readonly object[]): Promise<unknown>;
  /** Starts a worker; resolves when it listens. `handle` is called for each message. */
  work(concurrency: number, handle: (payload: unknown) => unknown): Promise<void>;
  /** Ends the worker and forgets the queue. */
  close(): Promise<void>;
}

/** The nested payload of the public benchmark: ten fields of ten. */
export const nestedPayload: object = Object.fromEntries(
  Array.from({ length: 10 }, (_, outer) => [
    `field${outer}`,
    Object.fromEntries(Array.from({ length: 10 }, (__, inner) => [`inner${inner}`, `value ${outer}.${inner}`])),
  ]),
);
export const tinyPayload: object = { i: 1 };
