import { type MessageState, type Priority, priorities, type StoreStats } from '@quayside/core';
import type { ModelMessage } from './model-message.js';

/** Where each message of the model stands. */
export class Places {
  /** All levels in one; within a level the head comes first. */
  #waiting: readonly ModelMessage[] = [];
  /** Delayed and active ones, in the order in which their time (`at`) was set. */
  #due: readonly ModelMessage[] = [];
  /** In the order of dying. */
  #dead: readonly ModelMessage[] = [];

  toHead(message: ModelMessage): void {
    this.leave(message);
    this.#waiting = [message, ...this.#waiting];
  }

  toTail(message: ModelMessage): void {
    this.leave(message);
    this.#waiting = [...this.#waiting, message];
  }

  /** For a message whose `at` was set just now. */
  toDue(message: ModelMessage): void {
    this.leave(message);
    this.#due = [...this.#due, message];
  }

  toDead(message: ModelMessage): void {
    this.leave(message);
    this.#dead = [...this.#dead, message];
  }

  leave(message: ModelMessage): void {
    const isOther = (each: ModelMessage) => each !== message;
    this.#waiting = this.#waiting.filter(isOther);
    this.#due = this.#due.filter(isOther);
    this.#dead = this.#dead.filter(isOther);
  }

  find(id: string): ModelMessage | undefined {
    return [...this.#waiting, ...this.#due, ...this.#dead].find((message) => message.stored.id === id);
  }

  get size(): number {
    return this.#waiting.length + this.#due.length + this.#dead.length;
  }

  level(priority: Priority): readonly ModelMessage[] {
    return this.#waiting.filter((message) => message.stored.priority === priority);
  }

  lengths(): Omit<StoreStats, 'counters' | 'isPaused'> {
    const length = (priority: Priority) => this.level(priority).length;
    return {
      waiting: { critical: length('critical'), high: length('high'), normal: length('normal'), low: length('low') },
      delayed: this.list('delayed').length,
      active: this.list('active').length,
      dead: this.#dead.length,
    };
  }

  /** What has a time, the nearest first. The sort is stable: those of one moment stay in the order in which it was set. */
  due(): readonly ModelMessage[] {
    return this.#due.toSorted((a, b) => a.at - b.at);
  }

  /** In the order of claiming, dead ones newest first. */
  list(state: MessageState): readonly ModelMessage[] {
    if (state === 'waiting') return priorities.flatMap((priority) => this.level(priority));
    if (state === 'dead') return this.#dead.toReversed();
    return this.due().filter((message) => message.state === state);
  }
}
