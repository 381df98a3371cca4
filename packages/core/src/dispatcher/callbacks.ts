import type { Logger } from '../logger.js';
import type { TaskCallbacks, TaskStatus } from '../ports/dispatcher.js';
import { asPromise, isThenable } from '../thenable.js';

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

  wants(name: keyof TaskCallbacks, type: string, own: readonly TaskCallbacks[]): boolean {
    return (
      own.some((one) => one[name] !== undefined) || this.#listening.some((one) => isFor(one, type) && one.callbacks[name] !== undefined)
    );
  }

  /** The task's own first. @param toStatus makes one for each: what a callback does to it, the next does not see. */
  call(name: keyof TaskCallbacks, type: string, toStatus: () => TaskStatus, own: readonly TaskCallbacks[]): void {
    for (const one of own) this.#callOne(name, toStatus, one);
    for (const one of this.#listening) if (isFor(one, type)) this.#callOne(name, toStatus, one.callbacks);
  }

  #callOne(name: keyof TaskCallbacks, toStatus: () => TaskStatus, callbacks: TaskCallbacks): void {
    if (callbacks[name] === undefined) return;
    const fail = (error: unknown) => this.#logger.error({ err: error, callback: name }, 'a callback threw');
    try {
      const value: unknown = callbacks[name](toStatus());
      if (isThenable(value)) asPromise(value).catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** A second dispatch of a task adds its callbacks to those of the first; where it is the same call tried again, they are the same. */
export function withCallbacks(own: readonly TaskCallbacks[], added: TaskCallbacks | undefined): readonly TaskCallbacks[] {
  if (added === undefined || own.some((one) => isSame(one, added))) return own;
  return [...own, added];
}

function isSame(one: TaskCallbacks, other: TaskCallbacks): boolean {
  return one.onProgress === other.onProgress && one.onComplete === other.onComplete && one.onFailure === other.onFailure;
}

function isFor(listening: Listening, type: string): boolean {
  return listening.type === undefined || listening.type === type;
}
