import type { RecordRemoval, RecordWrite, TaskState } from '@quayside/core';

/** The moves that a task may make, as the contract says them; no other ever. */
const allowed: Readonly<Record<TaskState, readonly TaskState[]>> = {
  pending: ['queued', 'running', 'failed', 'cancelled', 'timed_out'],
  queued: ['running', 'failed', 'cancelled', 'timed_out'],
  running: ['running', 'retrying', 'completed', 'failed', 'cancelled', 'timed_out'],
  retrying: ['running', 'failed', 'cancelled', 'timed_out'],
  completed: [],
  failed: [],
  cancelled: [],
  timed_out: [],
};

export const finalStates: readonly TaskState[] = ['completed', 'failed', 'cancelled', 'timed_out'];

export function isFinal(state: string | undefined): boolean {
  return finalStates.includes(state as TaskState);
}

/** What a history must not show: empty where every move is allowed. */
export function findForbidden(states: readonly TaskState[]): readonly string[] {
  const problems = states[0] === 'pending' ? [] : [`it began as ${states[0]}`];
  for (let index = 1; index < states.length; index++) {
    const [from, to] = [states[index - 1] as TaskState, states[index] as TaskState];
    if (!allowed[from].includes(to)) problems.push(`${from} -> ${to}`);
  }
  return problems;
}

interface Step {
  readonly revision: number;
  readonly state: TaskState;
  /** False: something of the task changed, and its state did not. */
  readonly isMove: boolean;
}

/** Every write of a task's record that the backend accepted, whoever made it, in the order that the revisions say. */
export class Trail {
  readonly #steps = new Map<string, Step[]>();

  add(write: RecordWrite | RecordRemoval, revision: number): void {
    if ('remove' in write) {
      this.#steps.delete(write.key);
      return;
    }
    const steps = this.#steps.get(write.key) ?? [];
    this.#steps.set(write.key, steps);
    steps.push({ revision, state: write.state as TaskState, isMove: write.append !== undefined });
    steps.sort((one, other) => one.revision - other.revision);
  }

  /** The moves of a task, oldest first. */
  moves(id: string): readonly TaskState[] {
    return this.#sorted(id).flatMap(({ state, isMove }) => (isMove ? [state] : []));
  }

  /** The state after the last write. */
  latest(id: string): TaskState | undefined {
    return this.#sorted(id).at(-1)?.state;
  }

  /** Every forbidden move, and every write that changed a state without saying so. */
  problems(): readonly string[] {
    return [...this.#steps.keys()].flatMap((id) => {
      if (id.startsWith('#')) return [];
      const silent = this.#sorted(id).filter(({ state, isMove }, index, all) => !isMove && all[index - 1]?.state !== state);
      const problems = [...findForbidden(this.moves(id)), ...silent.map(({ state }) => `${state} without a move`)];
      return problems.map((problem) => `${id}: ${problem}`);
    });
  }

  #sorted(id: string): readonly Step[] {
    return this.#steps.get(id) ?? [];
  }
}
