import { isDeepStrictEqual } from 'node:util';
import type { TaskCallbacks, TaskState, TaskStatus } from '../ports/dispatcher.js';
import type { Clock, Timer } from '../time/clock.js';
import { type Callbacks, withCallbacks } from './callbacks.js';
import { noneOfEach } from './states.js';

/** A task that this process dispatched, or tried to. */
export interface TaskToWatch {
  readonly id: string;
  readonly type: string;
  /** For the stats. Absent: it was dispatched before, and is counted there. */
  readonly route?: string;
  readonly callbacks: TaskCallbacks | undefined;
  /** What happens when the task as a whole has had its time. */
  readonly timeout?: { readonly ms: number; readonly run: () => void };
}

interface Watched {
  readonly type: string;
  readonly route: string | undefined;
  callbacks: readonly TaskCallbacks[];
  readonly timer: Timer | undefined;
  readonly since: number;
  state: TaskState;
  /** When its record is looked at again, should its end not be told. */
  lookAt: number;
  /** The progress that was told last. */
  progress: unknown;
}

/** The notices of a task may be lost: its record is looked at when it is so old, and twice as old, and so on. */
const firstLookMs = 30_000;
const longestLookMs = 10 * 60_000;

const none: readonly TaskCallbacks[] = [];

/** The tasks that this process dispatched and that have not ended, as far as it was told. */
export class WatchedTasks {
  readonly #clock: Clock;
  readonly #callbacks: Callbacks;
  readonly #watched = new Map<string, Watched>();
  readonly #ended = noneOfEach();
  readonly #byRoute = new Map<string, number>();
  #isStopped = false;

  constructor(clock: Clock, callbacks: Callbacks) {
    this.#clock = clock;
    this.#callbacks = callbacks;
  }

  /** A second dispatch of a task that is watched already adds its callbacks. */
  add({ id, type, route, callbacks, timeout }: TaskToWatch): void {
    const earlier = this.#watched.get(id);
    if (earlier !== undefined) {
      earlier.callbacks = withCallbacks(earlier.callbacks, callbacks);
      return;
    }
    const since = this.#clock.monotonic();
    const timer = timeout === undefined || this.#isStopped ? undefined : this.#clock.setTimer(timeout.run, timeout.ms, { unref: true });
    this.#count(route, 1);
    const own = withCallbacks(none, callbacks);
    this.#watched.set(id, {
      type,
      route,
      callbacks: own,
      timer,
      since,
      state: 'pending',
      lookAt: since + firstLookMs,
      progress: undefined,
    });
  }

  /** Its dispatch did not happen, or its record is gone. */
  forget(id: string, didHappen: boolean): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    watched.timer?.cancel();
    this.#watched.delete(id);
    if (!didHappen) this.#count(watched.route, -1);
  }

  has(id: string): boolean {
    return this.#watched.has(id);
  }

  ids(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /** Those that were open for long without a word. */
  takeOverdue(): readonly string[] {
    const now = this.#clock.monotonic();
    const overdue: string[] = [];
    for (const [id, watched] of this.#watched) {
      if (watched.lookAt > now) continue;
      watched.lookAt = now + Math.min(longestLookMs, Math.max(firstLookMs, now - watched.since));
      overdue.push(id);
    }
    return overdue;
  }

  wantsProgress(id: string): boolean {
    const watched = this.#watched.get(id);
    return watched !== undefined && this.#callbacks.wants('onProgress', watched.type, watched.callbacks);
  }

  moved(id: string, state: TaskState): void {
    const watched = this.#watched.get(id);
    // A worker may be faster than the dispatcher's own word that the task is queued.
    if (watched !== undefined && (state !== 'queued' || watched.state === 'pending')) watched.state = state;
  }

  /** A task may have ended since: its progress is told first all the same. Two notices may find the same value. */
  progressed(id: string, toStatus: () => TaskStatus): void {
    const watched = this.#watched.get(id);
    const { progress } = toStatus();
    if (watched === undefined || isDeepStrictEqual(watched.progress, progress)) return;
    watched.progress = progress;
    this.#callbacks.call('onProgress', watched.type, () => ({ ...toStatus(), state: 'running' }), watched.callbacks);
  }

  /** Told once for a task, however often it is heard. */
  ended(id: string, state: TaskState, toStatus: () => TaskStatus): void {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    this.forget(id, true);
    if (watched.route !== undefined) this.#ended[state]++;
    this.#callbacks.call(state === 'completed' ? 'onComplete' : 'onFailure', watched.type, toStatus, watched.callbacks);
  }

  /** Of the tasks that this process dispatched: the open ones as far as it heard, and all that ended. */
  byState(): Readonly<Record<TaskState, number>> {
    const counts = { ...this.#ended };
    for (const { state, route } of this.#watched.values()) if (route !== undefined) counts[state]++;
    return counts;
  }

  byRoute(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#byRoute);
  }

  /** No timer is left, and none is set any more. */
  stop(): void {
    this.#isStopped = true;
    for (const { timer } of this.#watched.values()) timer?.cancel();
  }

  #count(route: string | undefined, step: 1 | -1): void {
    if (route === undefined) return;
    const count = (this.#byRoute.get(route) ?? 0) + step;
    if (count === 0) this.#byRoute.delete(route);
    else this.#byRoute.set(route, count);
  }
}
