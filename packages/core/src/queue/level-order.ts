import { type Priority, priorities } from '../message/message.js';
import type { PriorityPolicy } from '../ports/queue.js';
import type { Claim } from '../ports/queue-store.js';

/** In which order to look through the priorities, and for how many messages at the most. */
export interface LevelOrder {
  next(max: number): { readonly levels: readonly Priority[]; readonly max: number };
  claimed(claims: readonly Claim[], asked: number): void;
}

const strictOrder: LevelOrder = {
  next: (max) => ({ levels: priorities, max }),
  claimed() {},
};

/** So many deliveries at the most until every level had its turn, unless its weights need more to be told apart. */
const cycle = 60;

interface Share {
  readonly level: Priority;
  /** Deliveries in a row. */
  readonly share: number;
  readonly levels: readonly Priority[];
}

/**
 * Weighted round robin: each level in turn may take its share first, and where it has less the others fill in. So no level starves, and
 * none waits while another has nothing to do.
 */
class WeightedOrder implements LevelOrder {
  readonly #shares: readonly Share[];
  #turn = 0;
  #left: number;

  constructor(weights: Readonly<Record<Priority, number>>) {
    const sum = priorities.reduce((total, level) => total + weights[level], 0);
    const factor = Math.max(1, Math.floor(cycle / sum));
    this.#shares = priorities.map((level) => ({
      level,
      share: weights[level] * factor,
      levels: [level, ...priorities.filter((other) => other !== level)],
    }));
    this.#left = this.#current.share;
  }

  get #current(): Share {
    return this.#shares[this.#turn] as Share;
  }

  next(max: number) {
    return { levels: this.#current.levels, max: Math.min(max, this.#left) };
  }

  claimed(claims: readonly Claim[], asked: number): void {
    const own = claims.filter(({ message }) => message.priority === this.#current.level).length;
    this.#left -= own;
    if (own === asked && this.#left > 0) return;
    this.#turn = (this.#turn + 1) % this.#shares.length;
    this.#left = this.#current.share;
  }
}

export function levelOrder(policy: PriorityPolicy): LevelOrder {
  return policy === 'strict' ? strictOrder : new WeightedOrder(policy.weighted);
}
