import { TimeoutError } from '../errors.js';
import type { BatchHandle, TaskCancelOutcome, TaskHandle, TaskResult, TaskState, TaskStatus } from '../ports/dispatcher.js';
import type { Clock, Timer } from '../time/clock.js';
import { type Duration, durationToMs } from '../time/duration.js';
import { isFinal, taskStates } from './states.js';
import { errorOf } from './task-error.js';
import type { WatchedTasks } from './watched-tasks.js';

/** A task that another process dispatched tells us nothing: its record is read at these intervals, and ours too, against a lost notice. */
const firstLookMs = 50;
const longestLookMs = 2_000;

export interface HandleParts {
  readonly clock: Clock;
  readonly watched: WatchedTasks;
  status(id: string): Promise<TaskStatus | undefined>;
  cancel(id: string): Promise<TaskCancelOutcome>;
}

export class DispatchedTask implements TaskHandle {
  readonly id: string;
  readonly #parts: HandleParts;

  constructor(parts: HandleParts, id: string) {
    this.#parts = parts;
    this.id = id;
  }

  status(): Promise<TaskStatus | undefined> {
    return this.#parts.status(this.id);
  }

  async result(options: { readonly timeout?: Duration } = {}): Promise<unknown> {
    const status = await this.ended(options.timeout);
    const error = errorOf(status);
    if (error !== undefined) throw error;
    return status.result;
  }

  cancel(): Promise<TaskCancelOutcome> {
    return this.#parts.cancel(this.id);
  }

  /** How it ended. @throws TimeoutError; the task goes on. Rejects where the task is unknown. */
  ended(timeout?: Duration): Promise<TaskStatus> {
    const { clock, watched } = this.#parts;
    const timeoutMs = timeout === undefined ? undefined : durationToMs(timeout, 'options.timeout');
    return new Promise((resolve, reject) => {
      const end = () => {
        stopWaiting();
        bound?.cancel();
        look?.cancel();
      };
      const stopWaiting = watched.whenEnded(this.id, (status) => {
        end();
        resolve(status);
      });
      const fail = (error: Error) => {
        end();
        reject(error);
      };
      const bound =
        timeoutMs === undefined
          ? undefined
          : clock.setTimer(() => fail(new TimeoutError(`task ${this.id} has not ended within ${timeoutMs} ms; it goes on`)), timeoutMs);
      let lookMs = firstLookMs;
      let look: Timer | undefined;
      const lookOnce = async () => {
        const status = await this.status();
        if (status === undefined) fail(new TimeoutError(`task ${this.id} is not known, or its record is no longer kept`));
        else if (isFinal(status.state)) watched.ended(status);
        else {
          look = clock.setTimer(() => void lookOnce().catch(fail), lookMs, { unref: true });
          lookMs = Math.min(longestLookMs, lookMs * 2);
        }
      };
      lookOnce().catch(fail);
    });
  }
}

export class DispatchedBatch implements BatchHandle {
  readonly ids: readonly string[];
  readonly #parts: HandleParts;

  constructor(parts: HandleParts, ids: readonly string[]) {
    this.#parts = parts;
    this.ids = ids;
  }

  async results(options: { readonly timeout?: Duration } = {}): Promise<readonly TaskResult[]> {
    const results = this.ids.map((id) => new DispatchedTask(this.#parts, id).result(options));
    return (await Promise.allSettled(results)).map((settled, index) => ({ id: this.ids[index] ?? '', ...settled }) as TaskResult);
  }

  async counts(): Promise<Readonly<Record<TaskState, number>>> {
    const counts = Object.fromEntries(taskStates.map((state) => [state, 0])) as Record<TaskState, number>;
    for (const status of await Promise.all(this.ids.map((id) => this.#parts.status(id)))) if (status !== undefined) counts[status.state]++;
    return counts;
  }

  async progress(): Promise<number> {
    if (this.ids.length === 0) return 1;
    const counts = await this.counts();
    return taskStates.filter(isFinal).reduce((sum, state) => sum + counts[state], 0) / this.ids.length;
  }

  async cancel(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.#parts.cancel(id)));
  }
}
