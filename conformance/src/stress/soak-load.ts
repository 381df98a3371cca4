/** What an hour brings, and what became of it: messages in waves, tasks, events, schedules. */
import { setTimeout as pause } from 'node:timers/promises';
import { priorities, QuaysideError, type QueueManager } from '@quayside/core';
import { payloadOf } from '../faults/assignment.js';

const tickMs = 20;
const wavesARun = 10;
/** Messages a second between the waves and at their crests. */
const calm = 50;
const crest = 350;
const eventsASecond = 20;
const tasksASecond = 5;
const oneOffsASecond = 2;
const delayedShare = 0.1;
const longestDelayMs = 2_000;
const resultBound = '60s';
export const soakPeriodMs = 1_000;

export class SoakLoad {
  /** Calls that were rejected while the way was cut, with their outcome known or unknown. */
  rejected = 0;
  tasks = 0;
  /** Tasks that answered another's result, or failed. */
  readonly wrongTasks: string[] = [];
  readonly errors: string[] = [];
  missedEvents = 0;
  busEvents = 0;
  readonly #manager: QueueManager;
  readonly #random: () => number;
  readonly #acknowledgedEvents = new Set<number>();
  readonly #heardEvents = new Set<number>();
  #heardTwice = 0;
  readonly #underWay = new Set<Promise<void>>();
  #messages = 0;
  #events = 0;

  constructor(manager: QueueManager, random: () => number) {
    this.#manager = manager;
    this.#random = random;
  }

  get events(): { readonly published: number; readonly heard: number; readonly twice: number; readonly untold: number } {
    const silent = [...this.#acknowledgedEvents].filter((number) => !this.#heardEvents.has(number)).length;
    const untold = Math.max(0, silent - this.missedEvents);
    return { published: this.#acknowledgedEvents.size, heard: this.#heardEvents.size, twice: this.#heardTwice, untold };
  }

  /** Resolves when the time is over and every call has settled. */
  async run(durationMs: number): Promise<void> {
    await this.#listen();
    const schedule = await this.#manager.scheduler().schedule('tick', 0, { every: soakPeriodMs, misfire: 'all' });
    const begun = performance.now();
    const owed = { messages: 0, events: 0, tasks: 0, oneOffs: 0 };
    for (let last = begun; last - begun < durationMs; ) {
      await pause(tickMs);
      const now = performance.now();
      const seconds = (now - last) / 1000;
      last = now;
      owed.messages += seconds * rateAt((now - begun) / durationMs);
      owed.events += seconds * eventsASecond;
      owed.tasks += seconds * tasksASecond;
      owed.oneOffs += seconds * oneOffsASecond;
      for (; owed.messages >= 1; owed.messages--) this.#track(this.#publish());
      for (; owed.events >= 1; owed.events--) this.#track(this.#tellEvent(this.#events++));
      for (; owed.tasks >= 1; owed.tasks--) this.#track(this.#dispatch(this.tasks++));
      for (; owed.oneOffs >= 1; owed.oneOffs--) this.#track(this.#scheduleOnce());
    }
    await Promise.all(this.#underWay);
    await this.#manager.scheduler().cancel(schedule);
    // What is missing before it is told with it.
    await this.#tellEvent(this.#events++);
  }

  async #listen(): Promise<void> {
    const hear = ({ payload }: { readonly payload: unknown }) => {
      if (this.#heardEvents.has(Number(payload))) this.#heardTwice++;
      this.#heardEvents.add(Number(payload));
    };
    const onGap = ({ missed }: { readonly missed: number }) => {
      this.missedEvents += missed;
    };
    await this.#manager.pubsub().subscribe('news', hear, { onGap });
    this.#manager.events().on('news', () => {
      this.busEvents++;
    });
  }

  async #publish(): Promise<void> {
    const priority = priorities[Math.floor(this.#random() * priorities.length)];
    const delay = this.#random() < delayedShare ? Math.ceil(this.#random() * longestDelayMs) : undefined;
    await this.#manager.queue().publish('message', payloadOf(this.#messages++), { priority, delay });
  }

  async #tellEvent(number: number): Promise<void> {
    this.#manager.events().emit('news', number);
    await this.#manager.pubsub().publish('news', number);
    this.#acknowledgedEvents.add(number);
  }

  async #dispatch(number: number): Promise<void> {
    const task = await this.#manager.dispatcher().dispatch('double', number);
    try {
      const result = await task.result({ timeout: resultBound });
      if (result !== number * 2) this.wrongTasks.push(`task ${number} answered ${result}`);
    } catch (error) {
      this.wrongTasks.push(`task ${number}: ${error}`);
    }
  }

  async #scheduleOnce(): Promise<void> {
    await this.#manager.scheduler().schedule('once', 0, { delay: Math.ceil(this.#random() * longestDelayMs) });
  }

  /** While the way is cut a call may be rejected with what is known of its fate; nothing else may fail. */
  #track(call: Promise<void>): void {
    const settled = call
      .catch((error: unknown) => {
        if (error instanceof QuaysideError && error.outcome !== undefined) this.rejected++;
        else this.errors.push(String(error));
      })
      .finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }
}

/** @param part of the run, from 0 to 1 */
function rateAt(part: number): number {
  return calm + ((crest - calm) * (1 - Math.cos(part * wavesARun * 2 * Math.PI))) / 2;
}
