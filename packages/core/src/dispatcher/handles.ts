import { readOptions } from '../call-options.js';
import type { BatchHandle, TaskCancelOutcome, TaskHandle, TaskResult, TaskState, TaskStatus } from '../ports/dispatcher.js';
import { type Duration, durationToMs } from '../time/duration.js';
import { noneOfEach, openStates } from './states.js';

export interface HandleParts {
  status(id: string): Promise<TaskStatus | undefined>;
  cancel(id: string): Promise<TaskCancelOutcome>;
  /** The value of the task when it has ended. @throws as `TaskHandle.result` */
  result(id: string, timeoutMs: number | undefined): Promise<unknown>;
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

  async result(options?: { readonly timeout?: Duration }): Promise<unknown> {
    return this.#parts.result(this.id, toMs(readOptions(options).timeout));
  }

  cancel(): Promise<TaskCancelOutcome> {
    return this.#parts.cancel(this.id);
  }
}

export class DispatchedBatch implements BatchHandle {
  readonly ids: readonly string[];
  readonly #parts: HandleParts;

  constructor(parts: HandleParts, ids: readonly string[]) {
    this.#parts = parts;
    this.ids = ids;
  }

  async results(given?: { readonly timeout?: Duration }): Promise<readonly TaskResult[]> {
    const options = readOptions(given);
    toMs(options.timeout);
    const results = this.ids.map((id) => new DispatchedTask(this.#parts, id).result(options));
    return (await Promise.allSettled(results)).map((settled, index) => ({ id: this.ids[index] ?? '', ...settled }) as TaskResult);
  }

  async counts(): Promise<Readonly<Record<TaskState, number>>> {
    const counts = noneOfEach();
    for (const status of await Promise.all(this.ids.map((id) => this.#parts.status(id)))) if (status !== undefined) counts[status.state]++;
    return counts;
  }

  /** What is not known any more has ended long ago. */
  async progress(): Promise<number> {
    if (this.ids.length === 0) return 1;
    const counts = await this.counts();
    const open = openStates.reduce((sum, state) => sum + counts[state], 0);
    return (this.ids.length - open) / this.ids.length;
  }

  async cancel(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.#parts.cancel(id)));
  }
}

/** @throws ConfigError */
function toMs(timeout: Duration | undefined): number | undefined {
  return timeout === undefined ? undefined : durationToMs(timeout, 'options.timeout');
}
