import { quote } from '../errors.js';
import type { Message } from '../message/message.js';
import type { Ending, HandlerContext } from '../ports/handler.js';
import type { BatchOutcome } from '../ports/queue.js';
import { atOnce } from '../thenable.js';
import { durationToMs } from '../time/duration.js';
import { QueueHandlerContext } from './context.js';
import { endingOfThrown, endingOfUnreadable, endingOfValue } from './endings.js';
import type { HeldMessage } from './held.js';
import { dead, openPayload } from './incoming.js';
import type { RegisteredBatch } from './registry.js';
import { Run, type RunParts } from './run.js';

type Answer = { readonly outcomes: readonly BatchOutcome[] | undefined } | { readonly thrown: unknown };

/** A batch of messages and its handler. One that can't be opened, or whose lease was lost meanwhile, is not given to it. */
export class BatchRun extends Run {
  readonly #held: readonly HeldMessage[];
  readonly #registered: RegisteredBatch;
  /** The signal of the batch as a whole; each message has its own besides. */
  readonly #abort = new AbortController();

  constructor(parts: RunParts, registered: RegisteredBatch, held: readonly HeldMessage[], startedAt: number) {
    super(parts, registered, startedAt, Math.max(...held.map(({ meta }) => meta.timeoutMs ?? parts.engine.settings.timeoutMs)));
    this.#held = held;
    this.#registered = registered;
    for (const one of held) one.phase = 'running';
  }

  call(): number {
    void this.#run();
    return this.parts.engine.clock.monotonic();
  }

  timeOut(error: Error): void {
    this.#tell(error);
    this.#end(new Map(this.#held.map((held) => [held, endingOfThrown(this.parts.engine, held, error)])));
  }

  release(reason: Error): number {
    const held = this.#held.filter(({ phase }) => phase !== 'over');
    this.#tell(reason);
    for (const one of held.toReversed()) void this.parts.settler.settle(one, { outcome: 'release', why: 'stopping' });
    this.free(undefined);
    return held.length;
  }

  async #run(): Promise<void> {
    const { engine, leases } = this.parts;
    const endings = new Map<HeldMessage, Ending>();
    const called: HeldMessage[] = [];
    const messages: Message[] = [];
    for (const held of this.#held) {
      try {
        const payload = await openPayload(engine, held);
        if (held.phase === 'over') continue;
        messages.push(held.toMessage(payload));
        called.push(held);
        held.hasStarted = true;
        engine.events.tell('active', held.head);
      } catch (thrown) {
        endings.set(held, endingOfUnreadable(engine, held, thrown));
      }
    }
    const contexts = called.map((held) => new QueueHandlerContext(engine, leases, held));
    const answer = await this.#ask(messages, contexts);
    called.forEach((held, index) => void endings.set(held, this.#endingOf(held, answer, index)));
    this.#end(endings);
  }

  async #ask(messages: readonly Message[], contexts: readonly HandlerContext[]): Promise<Answer> {
    if (messages.length === 0) return { outcomes: [] };
    try {
      const outcomes = (await this.#registered.call(messages, { signal: this.#abort.signal, contexts })) ?? undefined;
      if (outcomes === undefined) return { outcomes };
      if (!Array.isArray(outcomes))
        throw new TypeError(`the batch handler answered ${quote(outcomes)}; allowed is an outcome for each message`);
      if (outcomes.length === messages.length) return { outcomes };
      throw new TypeError(`the batch handler answered ${outcomes.length} outcomes for ${messages.length} messages`);
    } catch (thrown) {
      return { thrown };
    }
  }

  #endingOf(held: HeldMessage, answer: Answer, index: number): Ending {
    const { engine } = this.parts;
    if ('thrown' in answer) return endingOfThrown(engine, held, answer.thrown);
    try {
      return this.#endingOfOutcome(held, atOnce(answer.outcomes?.[index], 'an outcome of the batch handler'));
    } catch (thrown) {
      return endingOfThrown(engine, held, thrown);
    }
  }

  #endingOfOutcome(held: HeldMessage, outcome: BatchOutcome | undefined): Ending {
    const { engine } = this.parts;
    if (outcome === undefined) return endingOfValue(held, undefined);
    switch (outcome.outcome) {
      case 'complete':
        return endingOfValue(held, outcome.value);
      case 'dead':
        return dead(engine, held, 'unrecoverable', outcome.error);
      case 'release': {
        const delayMs = outcome.delay === undefined ? undefined : durationToMs(outcome.delay, 'outcome.delay');
        return { outcome: 'release', why: 'requested', delayMs };
      }
      case 'retry': {
        const ending = endingOfThrown(engine, held, outcome.error ?? new Error('the batch handler asked for a retry'));
        if (ending.outcome !== 'retry' || outcome.delay === undefined) return ending;
        return { ...ending, delayMs: durationToMs(outcome.delay, 'outcome.delay') };
      }
      default:
        throw new TypeError(
          `the batch handler answered ${quote(outcome)}; allowed is { outcome: 'complete' | 'retry' | 'dead' | 'release' }`,
        );
    }
  }

  #tell(reason: Error): void {
    this.#abort.abort(reason);
    for (const held of this.#held) held.abort(reason);
  }

  #end(endings: ReadonlyMap<HeldMessage, Ending>): void {
    if (this.hasEnded) return;
    const hooks: Promise<void>[] = [];
    for (const [held, ending] of endings) {
      const hook = this.parts.settler.settle(held, ending);
      if (hook !== undefined) hooks.push(hook);
    }
    this.freeAfter(hooks.length === 0 ? undefined : Promise.all(hooks));
  }
}
