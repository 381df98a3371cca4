import { readOptions } from '../call-options.js';
import { ConfigError } from '../errors.js';
import { namingItem } from '../message/batch-item.js';
import type { Codec } from '../message/codec.js';
import type { IdMaker } from '../message/ids.js';
import { checkName } from '../message/names.js';
import type { DispatchItem, DispatchOptions } from '../ports/dispatcher.js';
import { checkDispatch, type PreparedTask } from './prepared-task.js';
import type { Routes } from './routes.js';

export interface PreparingParts {
  readonly codec: Codec;
  readonly ids: IdMaker;
  readonly routes: Routes;
  /** False: every task goes to the default queue. */
  readonly enableRouting: boolean;
}

/** Checks, encodes and routes tasks, before anything of them is sent. */
export class Preparing {
  readonly #parts: PreparingParts;

  constructor(parts: PreparingParts) {
    this.#parts = parts;
  }

  /** @throws InvalidNameError, PayloadError, ConfigError, NoRouteError */
  async one(type: string, payload: unknown, given: DispatchOptions, redriveOf?: string): Promise<PreparedTask> {
    const { codec, ids, routes, enableRouting } = this.#parts;
    checkName('task type', type);
    const { id = ids.next() } = given;
    checkName('task id', id);
    const encoded = codec.encode(payload);
    const { options, timeoutMs } = checkDispatch(given);
    const { headers = {} } = options;
    const target = await routes.find({ type, payload, headers }, enableRouting);
    return { id, type, payload, encoded, options, target, timeoutMs, redriveOf };
  }

  /** @throws as `one`, naming the item */
  async all(items: readonly DispatchItem[]): Promise<readonly PreparedTask[]> {
    const tasks = new Map<string, PreparedTask>();
    for (const [index, item] of items.entries()) {
      try {
        const { type, payload, options } = readOptions(item, 'item');
        const task = await this.one(type, payload, readOptions(options));
        if (tasks.has(task.id)) throw new ConfigError('two items have one id', [{ path: 'options.id', message: `is taken: ${task.id}` }]);
        tasks.set(task.id, task);
      } catch (error) {
        throw namingItem(error, index);
      }
    }
    return [...tasks.values()];
  }
}
