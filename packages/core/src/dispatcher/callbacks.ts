import type { Logger } from '../logger.js';
import type { TaskCallbacks, TaskStatus } from '../ports/dispatcher.js';
import { isThenable } from '../thenable.js';

interface Listening {
  readonly callbacks: TaskCallbacks;
  /** Absent: for every type. */
  readonly type: string | undefined;
}

/** Who is called back for the tasks of this process. A callback that throws, at once or later, is logged and harms nobody. */
export class Callbacks {
  readonly #logger: Logger;
  #listening: readonly Listening[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Answers a function that ends it. */
  listen(callbacks: TaskCallbacks, type: string | undefined): () => void {
    const listening = { callbacks, type };
    this.#listening = [...this.#listening, listening];
    return () => {
      this.#listening = this.#listening.filter((other) => other !== listening);
    };
  }

  wants(name: keyof TaskCallbacks, type: string, own: TaskCallbacks | undefined): boolean {
    return own?.[name] !== undefined || this.#listening.some((one) => isFor(one, type) && one.callbacks[name] !== undefined);
  }

  /** The task's own first. @param toStatus makes one for each: what a callback does to it, the next does not see. */
  call(name: keyof TaskCallbacks, type: string, toStatus: () => TaskStatus, own: TaskCallbacks | undefined): void {
    this.#callOne(name, toStatus, own);
    for (const one of this.#listening) if (isFor(one, type)) this.#callOne(name, toStatus, one.callbacks);
  }

  #callOne(name: keyof TaskCallbacks, toStatus: () => TaskStatus, callbacks: TaskCallbacks | undefined): void {
    if (callbacks?.[name] === undefined) return;
    const fail = (error: unknown) => this.#logger.error({ err: error, callback: name }, 'a callback threw');
    try {
      const value: unknown = callbacks[name](toStatus());
      if (isThenable(value)) value.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }
}

function isFor(listening: Listening, type: string): boolean {
  return listening.type === undefined || listening.type === type;
}
