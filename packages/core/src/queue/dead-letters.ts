import { readList } from '../call-options.js';
import { checkName } from '../message/names.js';
import { checkPage, largestPage } from '../page-options.js';
import type { DeadLetter, DeadLetters, PageOptions } from '../ports/queue.js';
import type { Page } from '../ports/queue-store.js';
import { bounded, type QueueEngine } from './engine.js';
import { toDeadLetter } from './views.js';

/** What ended badly, to be looked at, brought back or thrown away. */
export class QueueDeadLetters implements DeadLetters {
  readonly #engine: QueueEngine;
  readonly #checkOpen: () => void;

  constructor(engine: QueueEngine, checkOpen: () => void) {
    this.#engine = engine;
    this.#checkOpen = checkOpen;
  }

  async list(options?: PageOptions): Promise<Page<DeadLetter>> {
    this.#checkOpen();
    const { cursor, limit } = checkPage(options);
    const page = await bounded(this.#engine, this.#engine.store.list('dead', cursor, limit));
    return { items: page.items.map((found) => toDeadLetter(this.#engine, found)), cursor: page.cursor };
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    this.#checkOpen();
    checkName('message id', id);
    const found = await bounded(this.#engine, this.#engine.store.find(id));
    return found?.state === 'dead' ? toDeadLetter(this.#engine, found) : undefined;
  }

  async redrive(ids: string | readonly string[]): Promise<readonly { readonly id: string; readonly isRedriven: boolean }[]> {
    this.#checkOpen();
    const list = idsOf(ids);
    const answers = await inSteps(list, (step) => bounded(this.#engine, this.#engine.store.redrive(step)));
    return list.map((id, index) => ({ id, isRedriven: answers[index] === true }));
  }

  /** Takes what is dead now: one that dies again meanwhile is not taken twice. */
  async redriveAll(): Promise<number> {
    this.#checkOpen();
    const { store } = this.#engine;
    let left = (await bounded(this.#engine, store.stats())).dead;
    let redriven = 0;
    while (left > 0) {
      const { items } = await bounded(this.#engine, store.list('dead', undefined, Math.min(left, largestPage)));
      if (items.length === 0) break;
      const answers = await bounded(this.#engine, store.redrive(items.map((found) => found.message.id)));
      redriven += answers.filter(Boolean).length;
      left -= items.length;
    }
    return redriven;
  }

  async remove(ids: string | readonly string[]): Promise<number> {
    this.#checkOpen();
    const { store } = this.#engine;
    const dead: string[] = [];
    for (const id of idsOf(ids)) if ((await bounded(this.#engine, store.find(id)))?.state === 'dead') dead.push(id);
    const answers = await inSteps(dead, (step) => bounded(this.#engine, store.remove(step)));
    return answers.filter(Boolean).length;
  }

  async purge(): Promise<number> {
    this.#checkOpen();
    return clearAll(this.#engine, 'dead');
  }
}

function idsOf(ids: string | readonly string[]): readonly string[] {
  const list = typeof ids === 'string' ? [ids] : readList(ids, 'ids');
  for (const id of list) checkName('message id', id);
  return list;
}

async function inSteps(ids: readonly string[], step: (ids: readonly string[]) => Promise<readonly boolean[]>): Promise<readonly boolean[]> {
  const answers: boolean[] = [];
  for (let from = 0; from < ids.length; from += largestPage) answers.push(...(await step(ids.slice(from, from + largestPage))));
  return answers;
}

/** Clears a state in bounded steps, so that no single call keeps the server from its other clients. */
export async function clearAll(engine: QueueEngine, state: 'waiting' | 'delayed' | 'dead' | 'everything'): Promise<number> {
  let cleared = 0;
  for (;;) {
    const count = await bounded(engine, engine.store.clear(state, largestPage));
    if (count === 0) return cleared;
    cleared += count;
  }
}
