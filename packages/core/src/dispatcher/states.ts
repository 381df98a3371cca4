import type { TaskState } from '../ports/dispatcher.js';

/**
 * The status machine of a task, whole. A worker may be faster than the dispatcher's own `queued`; `running` again is a redelivery after a
 * crash; a task can end before it ran. What has no move is final.
 */
export const moves: Readonly<Record<TaskState, readonly TaskState[]>> = {
  pending: ['queued', 'running', 'failed', 'cancelled', 'timed_out'],
  queued: ['running', 'failed', 'cancelled', 'timed_out'],
  running: ['running', 'retrying', 'completed', 'failed', 'cancelled', 'timed_out'],
  retrying: ['running', 'failed', 'cancelled', 'timed_out'],
  completed: [],
  failed: [],
  cancelled: [],
  timed_out: [],
};

export const taskStates = Object.keys(moves) as readonly TaskState[];
export const openStates: readonly TaskState[] = taskStates.filter((state) => moves[state].length > 0);

/** From which states a task may come into this one. */
export function statesBefore(state: TaskState): readonly TaskState[] {
  return taskStates.filter((from) => moves[from].includes(state));
}

export function isFinal(state: string): boolean {
  return moves[state as TaskState]?.length === 0;
}

export function noneOfEach(): Record<TaskState, number> {
  return Object.fromEntries(taskStates.map((state) => [state, 0])) as Record<TaskState, number>;
}
