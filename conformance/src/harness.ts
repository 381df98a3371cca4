/** What an adapter brings to the suite. */
import type {
  AdapterContext,
  Backend,
  createDispatcher,
  createLocalEventBus,
  createPubSub,
  createQueue,
  createRemoteEventBus,
  createScheduler,
  MessageState,
  QueueManager,
} from '@quayside/core';

/** What can be done to the server, or to the way to it. Each resolves when it is done. Absent: this harness can't. */
export interface Faults {
  /** Ends the server at once, as SIGKILL does. */
  kill?(): Promise<void>;
  /** Starts it again, with the data that its persistence kept. */
  restart?(): Promise<void>;
  /** Freezes the server, as SIGSTOP does. */
  pause?(): Promise<void>;
  resume?(): Promise<void>;
  /** Cuts every connection, and lets no new one through. */
  cut?(): Promise<void>;
  heal?(): Promise<void>;
  /** The server refuses whatever would take more room. */
  fill?(): Promise<void>;
  relieve?(): Promise<void>;
  /** Takes the lease entry of an active message away and leaves it active, as a half-done repair by hand would. */
  orphan?(namespace: string, queue: string, id: string): Promise<void>;
  /** Sets every counter of a queue's statistics to the largest integer that the server holds. */
  exhaustCounters?(namespace: string, queue: string): Promise<void>;
  /** What lies in the namespace seems written by a later version of the library. */
  newerLayout?(namespace: string): Promise<void>;
}

/** The backend's own plain clients, where others use it too: what a program without this library does. */
export interface ForeignClients {
  /** Puts a message in; answers its id. */
  publish(namespace: string, queue: string, type: string, payload: unknown): Promise<string>;
  /** A plain worker of one message at a time, until it is closed. */
  work(namespace: string, queue: string, handle: (type: string, payload: unknown) => Promise<unknown>): Promise<{ close(): Promise<void> }>;
  /** The ids in each state, as the backend's own tools list them. */
  list(namespace: string, queue: string): Promise<Readonly<Record<MessageState, readonly string[]>>>;
}

/** Engines of an adapter that implements an application's face itself. Default: core's. */
export interface HarnessEngines {
  readonly createQueue?: typeof createQueue;
  readonly createPubSub?: typeof createPubSub;
  readonly createLocalEventBus?: typeof createLocalEventBus;
  readonly createRemoteEventBus?: typeof createRemoteEventBus;
  readonly createDispatcher?: typeof createDispatcher;
  readonly createScheduler?: typeof createScheduler;
  readonly createManager?: typeof QueueManager.create;
}

export interface Harness {
  /** As the report and the suite's titles show it: `memory`, `redis`, `redis-cluster`. */
  readonly name: string;
  /** `test`: the backend moves by the clock given to `open`, and cases move it. `server`: cases wait for real. */
  readonly clock: 'test' | 'server';
  /**
   * Opens a backend: what `Adapter.open` does, with the adapter's own options filled in. Each case has a namespace of its own; two
   * backends in one namespace see the same data where the capability `shared` says so.
   */
  open(context: AdapterContext): Promise<Backend>;
  readonly engines?: HarnessEngines;
  readonly faults?: Faults;
  readonly foreign?: ForeignClients;
  /** The names of all that lies in the server for a namespace, for the cases that look for leaks. */
  keys?(namespace: string): Promise<readonly string[]>;
  /** How many connections the server holds for a namespace. */
  connections?(namespace: string): Promise<number>;
  /**
   * For a test clock over a server that pushes: resolves when all that it pushed into a namespace before the call (wake-ups, events) has
   * arrived in its backends. Else time would be moved on while a wake-up is on its way.
   */
  settlePushes?(namespace: string): Promise<void>;
  /** What `open` does where no server answers and the URL has `password`. */
  openUnreachable?(context: AdapterContext, password: string): Promise<Backend>;
  /** Versions for the report: of the adapter, its client, its server. */
  versions?(): Promise<Readonly<Record<string, string>>>;
  /** After the last case. */
  close?(): Promise<void>;
}
