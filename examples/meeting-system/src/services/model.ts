import type { EventBus } from '@quayside/core';
import type { ModelEvents } from '../messages.js';

/** Something that takes time to prepare: loaded once at first use, told of by local events, and gone when unloaded. */
export class Model<T> {
  readonly #name: string;
  readonly #prepare: () => T | Promise<T>;
  readonly #events: Pick<EventBus<ModelEvents>, 'emit'>;
  #loading: Promise<T> | undefined;

  constructor(name: string, prepare: () => T | Promise<T>, events: Pick<EventBus<ModelEvents>, 'emit'>) {
    this.#name = name;
    this.#prepare = prepare;
    this.#events = events;
  }

  /** Callers that come while it loads wait for the same load. One that failed is tried anew by the next caller. */
  get(): Promise<T> {
    if (this.#loading !== undefined) return this.#loading;
    const loading = this.#load();
    this.#loading = loading;
    loading.catch(() => {
      if (this.#loading === loading) this.#loading = undefined;
    });
    return loading;
  }

  async unload(): Promise<void> {
    const loading = this.#loading;
    if (loading === undefined) return;
    this.#loading = undefined;
    const [{ status }] = await Promise.allSettled([loading]);
    if (status === 'fulfilled') this.#events.emit('model_unloaded', { model: this.#name });
  }

  async #load(): Promise<T> {
    const begun = performance.now();
    const model = await this.#prepare();
    this.#events.emit('model_loaded', { model: this.#name, loadMs: performance.now() - begun });
    return model;
  }
}
