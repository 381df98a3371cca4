import { type PublishCall, publishWindow } from '@quayside/core';

/** Which publish calls ran, as the port's `PublishCall` words it: of each publisher the highest, and what ran of the `publishWindow` before it. */
export class CallMemory {
  readonly #ran = new Map<string, readonly number[]>();

  /** A `new` one counts as run from now on. */
  admit({ publisher, sequence }: PublishCall): 'new' | 'repeated' | 'too-old' {
    const ran = this.#ran.get(publisher) ?? [];
    if (sequence < Math.max(0, ...ran) - publishWindow) return 'too-old';
    if (ran.includes(sequence)) return 'repeated';
    this.#ran.set(publisher, [...ran, sequence]);
    return 'new';
  }
}
