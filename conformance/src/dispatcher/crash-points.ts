import type { DispatcherContext } from './context.js';
import type { CrashPoint } from './process-line.js';
import type { TaskProcess } from './task-process.js';
import { isFinal } from './trail.js';

/** Every point at which a process that makes so many calls can end: before each of them, and before the reply to each. */
export function crashPoints(calls: number): readonly CrashPoint[] {
  return Array.from({ length: calls }, (_, index) => index + 1).flatMap((call) => [
    { call, when: 'before' as const },
    { call, when: 'after' as const },
  ]);
}

export function nameOf({ call, when }: CrashPoint): string {
  return `${when}-call-${call}`;
}

/** A handler that notes where it was started although the task had ended: it never may be. */
export class Watchman {
  readonly startedEnded: string[] = [];
  readonly #context: DispatcherContext;

  constructor(context: DispatcherContext) {
    this.#context = context;
  }

  check(id: string): void {
    if (isFinal(this.#context.trail.latest(id))) this.startedEnded.push(id);
  }
}

/** Nothing waits, runs or is delayed in the queue. */
export async function isAtRest(process: TaskProcess, queue?: string): Promise<boolean> {
  const stats = await process.queue(queue).stats();
  return stats.queue_length + stats.processing_count + stats.delayed_count === 0;
}
