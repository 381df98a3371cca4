import type { Message } from '../message/message.js';
import type { Ending, HandlerContext } from '../ports/handler.js';
import type { BatchOutcome } from '../ports/queue.js';
import { durationToMs } from '../time/duration.js';
import { endingOfThrown, endingOfUnreadable, endingOfValue } from './endings.js';
import type { QueueEngine } from './engine.js';
import type { HeldMessage } from './held.js';
import { dead, openPayload } from './incoming.js';
import type { RegisteredBatch } from './registry.js';

/** Calls a batch handler with all whose payload can be opened, and answers for each message how it ends. Never rejects. */
export async function callBatch(
  engine: QueueEngine,
  registered: RegisteredBatch,
  held: readonly HeldMessage[],
  contexts: readonly HandlerContext[],
  signal: AbortSignal,
): Promise<readonly Ending[]> {
  const endings: (Ending | undefined)[] = [];
  const called: number[] = [];
  const messages: Message[] = [];
  for (let index = 0; index < held.length; index++) {
    const one = held[index] as HeldMessage;
    try {
      messages.push(one.toMessage(await openPayload(engine, one)));
      called.push(index);
      if (engine.events.has('active')) engine.events.tell('active', one.head);
    } catch (thrown) {
      endings[index] = endingOfUnreadable(engine, one, thrown);
    }
  }
  const ofCalled = await outcomesOf(registered, messages, { signal, contexts: called.map((index) => contexts[index] as HandlerContext) });
  called.forEach((index, place) => {
    const one = held[index] as HeldMessage;
    endings[index] =
      'thrown' in ofCalled ? endingOfThrown(engine, one, ofCalled.thrown) : endingOf(engine, one, ofCalled.outcomes?.[place]);
  });
  return endings as Ending[];
}

async function outcomesOf(
  registered: RegisteredBatch,
  messages: readonly Message[],
  context: { readonly signal: AbortSignal; readonly contexts: readonly HandlerContext[] },
): Promise<{ readonly outcomes: readonly BatchOutcome[] | undefined } | { readonly thrown: unknown }> {
  if (messages.length === 0) return { outcomes: [] };
  try {
    const outcomes = (await registered.call(messages, context)) ?? undefined;
    if (outcomes !== undefined && outcomes.length !== messages.length) {
      throw new TypeError(`the batch handler answered ${outcomes.length} outcomes for ${messages.length} messages`);
    }
    return { outcomes };
  } catch (thrown) {
    return { thrown };
  }
}

function endingOf(engine: QueueEngine, held: HeldMessage, outcome: BatchOutcome | undefined): Ending {
  switch (outcome?.outcome) {
    case undefined:
      return endingOfValue(held, undefined);
    case 'complete':
      return endingOfValue(held, outcome.value);
    case 'dead':
      return dead(engine, held, 'unrecoverable', outcome.error);
    case 'release':
      return {
        outcome: 'release',
        why: 'requested',
        delayMs: outcome.delay === undefined ? undefined : durationToMs(outcome.delay, 'delay'),
      };
    case 'retry': {
      const ending = endingOfThrown(engine, held, outcome.error ?? new Error('the batch handler asked for a retry'));
      return ending.outcome === 'retry' && outcome.delay !== undefined
        ? { ...ending, delayMs: durationToMs(outcome.delay, 'delay') }
        : ending;
    }
  }
}
