/** Plays a plan with engines over one store, and has the history judged that they wrote. */
import {
  type HandlerContext,
  type Message,
  type QueueOptions,
  type QueueStore,
  RetryLater,
  sleep,
  UnrecoverableError,
} from '@quayside/core';
import type { QueueContext } from '../queue/context.js';
import { checkHistory } from './checker.js';
import { maxRetries, type Plan, type PlannedMessage, type PlannedProducer, workers } from './plan.js';
import { SimulatedProcess } from './simulated-process.js';
import { tellHistory } from './tell.js';

const options: QueueOptions = {
  concurrency: 3,
  maxRetries,
  visibilityTimeout: 1_000,
  timeout: 200,
  backoff: { type: 'fixed', delay: 20, jitter: 'none' },
};

/** Longer than a lease: what the frozen process held is another's when it goes on. */
const freezeMs = 1_500;

/** Far more than any plan takes. */
const bound = '2m';

export class Story {
  readonly #context: QueueContext;
  readonly #queueName: string;
  readonly #store: QueueStore;
  readonly #processes: SimulatedProcess[] = [];
  /** Messages whose handler crashed or froze its process. */
  readonly #struck = new Set<string>();
  /** Of publishes and cancels by processes that live: none may fail here. */
  readonly #failures: unknown[] = [];
  #underWay = 0;

  constructor(context: QueueContext, queueName: string) {
    this.#context = context;
    this.#queueName = queueName;
    this.#store = context.store(queueName);
  }

  /** Rejects with what the checker finds. */
  async play(plan: Plan): Promise<void> {
    try {
      for (let count = 0; count < workers; count++) await this.#startWorker();
      for (const planned of plan) {
        const producer = this.#process('producer');
        this.#track(producer, this.#produce(producer, planned));
      }
      await this.#context.within(bound, () => this.#isAtRest(), 'every message ends');
      await this.#process('redriver').queue.deadLetters.redriveAll();
      await this.#context.within(bound, () => this.#isAtRest(), 'every redriven message ends');
      await this.#judge();
    } finally {
      await Promise.all([...this.#processes.map((each) => each.stop()), this.#context.advance('2s')]);
    }
  }

  #process(role: string): SimulatedProcess {
    const process = new SimulatedProcess(`${role} ${this.#processes.length + 1}`, this.#context, this.#queueName, options);
    this.#processes.push(process);
    return process;
  }

  async #startWorker(): Promise<void> {
    const worker = this.#process('worker');
    worker.queue.process('task', (message, context) => this.#work(worker, message, context));
    await worker.queue.start();
  }

  async #work(worker: SimulatedProcess, message: Message, { attempt, signal }: HandlerContext): Promise<void> {
    const { deeds } = message.payload as PlannedMessage;
    switch (deeds[attempt - 1] ?? 'succeed') {
      case 'succeed':
        return;
      case 'throw':
        throw new Error('as planned');
      case 'give up':
        throw new UnrecoverableError('as planned');
      case 'retry later':
        throw new RetryLater(10);
      case 'dawdle':
        return sleep(this.#context.scope.time.clock, 30, signal);
      case 'overrun':
        return untilAborted(signal);
      case 'lose reply':
        return worker.loseReply('exchange');
      case 'crash':
        if (!this.#isStruckNow(message)) return;
        worker.crash();
        await this.#startWorker();
        return untilAborted(signal);
      case 'freeze':
        return this.#isStruckNow(message) ? worker.freeze(freezeMs) : undefined;
    }
  }

  #isStruckNow({ id }: Message): boolean {
    const isFirst = !this.#struck.has(id);
    this.#struck.add(id);
    return isFirst;
  }

  /** Every other message is published in one tick with the next. */
  async #produce(producer: SimulatedProcess, { messages, losesReplyAt, diesAt }: PlannedProducer): Promise<void> {
    for (const [place, message] of messages.entries()) {
      if (place === losesReplyAt) producer.loseReply('publish');
      const { priority, delayMs: delay, cancelAfterMs } = message;
      const published = producer.queue.publish('task', message, { priority, delay });
      this.#track(producer, published);
      if (place === diesAt) return producer.crash();
      if (place % 2 === 1) await published;
      if (cancelAfterMs !== undefined) this.#track(producer, this.#cancel(producer, (await published).id, cancelAfterMs));
    }
  }

  async #cancel(producer: SimulatedProcess, id: string, afterMs: number): Promise<void> {
    await sleep(this.#context.scope.time.clock, afterMs);
    await producer.queue.cancel(id);
  }

  /** Nobody waits for what a dead process does, or hears of its failures. */
  #track(process: SimulatedProcess, work: Promise<unknown>): void {
    this.#underWay++;
    const failed = (error: unknown) => {
      if (process.isAlive) this.#failures.push(error);
    };
    void work.catch(failed).finally(() => this.#underWay--);
  }

  async #isAtRest(): Promise<boolean> {
    if (this.#underWay > 0) return false;
    const { waiting, delayed, active } = await this.#store.stats();
    return Object.values(waiting).every((length) => length === 0) && delayed === 0 && active === 0;
  }

  async #judge(): Promise<void> {
    if (this.#failures.length > 0) throw new AggregateError(this.#failures, `calls failed: ${this.#failures.join('; ')}`);
    const files = this.#processes.map(({ name, log }) => ({ name, lines: log.lines }));
    const end = { queue: this.#queueName, maxRetries, inStore: await this.#idsInStore(), stats: await this.#store.stats() };
    const violations = checkHistory(files, end);
    if (violations.length > 0) throw new Error(tellHistory(violations, files));
  }

  async #idsInStore(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for (const state of ['waiting', 'delayed', 'active', 'dead'] as const) {
      let cursor: string | undefined;
      do {
        const page = await this.#store.list(state, cursor, 100);
        for (const { message } of page.items) ids.add(message.id);
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
    return ids;
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw signal.reason;
}
