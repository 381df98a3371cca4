/** What a Dispatcher case is given. */

import type { Backend, Duration, TaskHandle, TaskState, TaskStatus } from '@quayside/core';
import { CaseContext } from '../case-context.js';
import type { Scope } from '../scope.js';
import { TaskProcess, type TaskProcessSetup } from './task-process.js';
import { isFinal, Trail } from './trail.js';

export class DispatcherContext extends CaseContext {
  /** What became of every task's record, whichever process wrote it. */
  readonly trail = new Trail();
  #first: Promise<Backend> | undefined;

  constructor(scope: Scope) {
    super(scope);
  }

  static async open(scope: Scope): Promise<DispatcherContext> {
    return new DispatcherContext(scope);
  }

  /** A process, not yet started: the second and later ones have connections of their own where the backend is `shared`. */
  async process(setup: TaskProcessSetup = {}): Promise<TaskProcess> {
    const isFirst = this.#first === undefined;
    this.#first ??= this.scope.open();
    const first = await this.#first;
    const isOwn = isFirst || first.queueStore?.('probe').capabilities.shared !== true;
    const backend = isOwn ? first : await this.scope.open();
    return new TaskProcess(this.scope, backend, this.trail, setup);
  }

  /** Lets time pass until the task is in this state, or in any final one; answers its status. */
  async until(state: TaskState | 'final', task: TaskHandle, duration: Duration = '10s'): Promise<TaskStatus> {
    let status: TaskStatus | undefined;
    const isThere = async () => {
      status = await task.status();
      return status !== undefined && (state === 'final' ? isFinal(status.state) : status.state === state);
    };
    await this.within(duration, isThere, `task ${task.id} is ${state}`);
    if (status === undefined) throw new Error('no status was read');
    return status;
  }

  /** What a result rejects with; fails where it resolves. */
  async rejection(task: TaskHandle, duration: Duration = '10s'): Promise<Error> {
    const outcome = task.result().then(
      (value) => new Error(`the result is ${JSON.stringify(value)}`),
      (error: Error) => error,
    );
    return this.settles(duration, outcome, `the result of task ${task.id} settles`);
  }
}
