import type { Ending, MessageHead, PublishOptions, Queue } from '@quayside/core';
import type { QueueContext, QueueProcess, QueueSetup } from './context.js';
import { Recorder, type Work } from './recorder.js';

export interface Settled {
  readonly message: MessageHead;
  readonly ending: Ending;
}

/** An engine with one handler, for messages of type `task`, and what was seen of both. */
export interface RecordedWorker {
  readonly queue: Queue;
  readonly seen: Recorder;
  /** What the backend accepted, in order. */
  readonly endings: readonly Settled[];
  readonly errors: readonly Error[];
}

/** Not started: the case publishes first, or starts it at once. */
export function openWorker(process: QueueProcess, work?: Work, setup?: QueueSetup): RecordedWorker {
  const queue = process.queue(setup);
  const seen = new Recorder(() => process.scope.time.clock.now(), work);
  const endings: Settled[] = [];
  const errors: Error[] = [];
  queue.process('task', seen.handle);
  queue.on('settled', (message, ending) => void endings.push({ message, ending }));
  queue.on('error', (error) => void errors.push(error));
  return { queue, seen, endings, errors };
}

/** The payload by which a handler knows a message that is only to show that the queue goes on. */
export const marker = 'marker';

/** Publishes a message and waits until this worker has completed it: what else would have been delivered by then, has been. */
export async function passMarker(context: QueueContext, { queue, endings }: RecordedWorker, options?: PublishOptions): Promise<void> {
  const { id } = await queue.publish('task', marker, options);
  await context.within('10s', () => endings.some(({ message }) => message.id === id), 'the marker is completed');
}

/** Waits until a message is among the dead letters. */
export async function untilDead(context: QueueContext, { deadLetters }: QueueOfAny, id: string): Promise<void> {
  await context.within('10s', async () => (await deadLetters.get(id)) !== undefined, 'the message is dead');
}

/** Whatever messages it declares. */
interface QueueOfAny {
  readonly deadLetters: { get(id: string): Promise<object | undefined> };
}

/** What a well-behaved handler does that works for long: it ends when it is told to. */
export function untilAborted({ signal }: { readonly signal: AbortSignal }): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
