import type { Logger } from '../logger.js';
import type { TaskCallbacks, TaskState, TaskStatus } from '../ports/dispatcher.js';
import type { Clock, Timer } from '../time/clock.js';
import type { Notice } from './notices.js';
import { isFinal, taskStates } from './states.js';

interface Watched {
  readonly type: string;
  readonly callbacks: TaskCallbacks | undefined;
  readonly timer: Timer | undefined;
  state: TaskState;
}

interface Listening {
  readonly callbacks: TaskCallbacks;
  readonly type: string | undefined;
}

/** The tasks that this process dispatched and that have not ended: who waits for them, and who is called back. */
export class WatchedTasks {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #read: (id: string) => Promise<TaskStatus | undefined>;
  readonly #watched = new Map<string, Watched>();
  readonly #waiting = new Map<string, Set<(status: TaskStatus) => void>>();
  #listeners: readonly Listening[] = [];
  readonly #ended = Object.fromEntries(taskStates.map((state) => [state, 0])) as Record<TaskState, number>;

  constructor(clock: Clock, logger: Logger, read: (id: string) => Promise<TaskStatus | undefined>) {
    this.#clock = clock;
    this.#logger = logger;
    this.#read = read;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** @param timeout what happens when the task as a whole has had its time. */
  add(id: string, type: string, callbacks: TaskCallbacks | undefined, timeout?: { readonly ms: number; readonly run: () => void }): void {
    const timer = timeout === undefined ? undefined : this.#clock.setTimer(timeout.run, timeout.ms, { unref: true });
    this.#watched.set(id, { type, callbacks, timer, state: 'pending' });
  }

  /** Its dispatch did not happen. */
  forget(id: string): void {
    this.#watched.get(id)?.timer?.cancel();
    this.#watched.delete(id);
  }

  listen(callbacks: TaskCallbacks, type: string | undefined): () => void {
    const listening = { callbacks, type };
    this.#listeners = [...this.#listeners, listening];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listening);
    };
  }

  /** Calls back once, when the task has ended. Answers a function that ends the waiting. */
  whenEnded(id: string, callback: (status: TaskStatus) => void): () => void {
    const callbacks = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, callbacks.add(callback));
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0) this.#waiting.delete(id);
    };
  }

  /** By state: of the tasks that this process dispatched, the open ones as far as it heard, and all that ended. */
  counts(): Record<TaskState, number> {
    const counts = { ...this.#ended };
    for (const { state } of this.#watched.values()) counts[state]++;
    return counts;
  }

  moved(id: string, state: TaskState): void {
    const watched = this.#watched.get(id);
    // A worker may be faster than the dispatcher's own word that the task is queued.
    if (watched !== undefined && (state !== 'queued' || watched.state === 'pending')) watched.state = state;
  }

  async hear(notice: Notice): Promise<void> {
    const isEnd = notice.kind === 'moved' && isFinal(notice.state);
    if (notice.kind === 'moved' && !isEnd) {
      this.moved(notice.id, notice.state);
      return;
    }
    if (!isEnd && !this.#wantsProgress(notice.id)) return;
    const status = await this.#read(notice.id);
    if (status === undefined) return;
    // A task may have ended since: its progress is told first all the same.
    if (notice.kind === 'progress') this.#call('onProgress', { ...status, state: 'running', progress: notice.value });
    if (isFinal(status.state)) this.ended(status);
  }

  /** What could have been told while nobody listened: every open task is looked at again. */
  async lookAgain(): Promise<void> {
    const ids = new Set([...this.#watched.keys(), ...this.#waiting.keys()]);
    await Promise.all(
      [...ids].map(async (id) => {
        const status = await this.#read(id);
        if (status !== undefined && isFinal(status.state)) this.ended(status);
      }),
    );
  }

  /** Told once for a task, however often it is heard. */
  ended(status: TaskStatus): void {
    const watched = this.#watched.get(status.id);
    if (watched !== undefined) {
      this.#call(status.state === 'completed' ? 'onComplete' : 'onFailure', status);
      this.#ended[status.state]++;
      this.forget(status.id);
    }
    const waiting = this.#waiting.get(status.id);
    this.#waiting.delete(status.id);
    for (const callback of waiting ?? []) callback(status);
  }

  stop(): void {
    for (const { timer } of this.#watched.values()) timer?.cancel();
  }

  #wantsProgress(id: string): boolean {
    const watched = this.#watched.get(id);
    if (watched === undefined) return false;
    return watched.callbacks?.onProgress !== undefined || this.#listeners.some(({ callbacks }) => callbacks.onProgress !== undefined);
  }

  #call(name: keyof TaskCallbacks, status: TaskStatus): void {
    const watched = this.#watched.get(status.id);
    if (watched === undefined) return;
    const all = this.#listeners.filter(({ type }) => type === undefined || type === watched.type).map(({ callbacks }) => callbacks);
    for (const callbacks of watched.callbacks === undefined ? all : [watched.callbacks, ...all]) {
      try {
        callbacks[name]?.(status);
      } catch (error) {
        this.#logger.error({ err: error, id: status.id, callback: name }, 'a callback threw');
      }
    }
  }
}
