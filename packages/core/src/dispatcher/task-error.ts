import { CancelledError, PayloadError, QuaysideError, TimeoutError } from '../errors.js';
import type { TaskStatus } from '../ports/dispatcher.js';

/** The error that failed a task, as its worker told it: name, message and code are kept. */
export class TaskFailedError extends QuaysideError {
  readonly status: TaskStatus;
  constructor(status: TaskStatus) {
    super(status.error?.code ?? 'ERR_QUAYSIDE_TASK_FAILED', status.error?.message ?? 'the task failed');
    this.name = status.error?.name ?? 'TaskFailedError';
    this.status = status;
  }
}

/** No task has this id, or its status was kept for `statusRetention` and is gone. */
export class TaskNotFoundError extends QuaysideError {
  constructor(id: string) {
    super('ERR_QUAYSIDE_TASK_NOT_FOUND', `task ${id} is not known, or its status is no longer kept`);
  }
}

/** What `result()` of a task rejects with that has not completed. */
export function errorOf(status: TaskStatus): Error {
  switch (status.state) {
    case 'cancelled':
      return new CancelledError(`task ${status.id} was cancelled`);
    case 'timed_out':
      return new TimeoutError(`task ${status.id} did not end within its timeout`);
    default:
      return status.error?.name === 'PayloadError' ? new PayloadError(status.error.message) : new TaskFailedError(status);
  }
}
