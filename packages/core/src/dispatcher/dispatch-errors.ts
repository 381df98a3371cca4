import {
  CapacityError,
  ClosedError,
  ConfigError,
  ConnectionError,
  PayloadError,
  type PublishFate,
  QuaysideError,
  TimeoutError,
} from '../errors.js';

/** Whether the backend may have stored something all the same. */
export function isFateUnknown(error: unknown): boolean {
  return error instanceof QuaysideError && error.outcome === 'unknown';
}

/** What was asked for is refused, now and at any later try: it can't be carried, or an option is wrong. */
export function isRefusal(error: unknown): boolean {
  const isPassing = [ConnectionError, TimeoutError, CapacityError, ClosedError].some((kind) => error instanceof kind);
  return !isPassing;
}

/** What `dispatch` rejects with: a fault of the backend says what is known of the tasks; anything else is itself. */
export function dispatchError(error: unknown, outcome: PublishFate, ids: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const options = { cause: error, outcome, ids };
  const message = `dispatching failed: ${error.message}`;
  if (error instanceof ConnectionError) return new ConnectionError(message, options);
  if (error instanceof TimeoutError) return new TimeoutError(message, options);
  if (error instanceof CapacityError) return new CapacityError(message, options);
  return error;
}

/** A queue names items by their place among those that it was given. */
export function renamingItems(error: unknown, placeOf: (index: number) => number): unknown {
  if (!(error instanceof ConfigError || error instanceof PayloadError)) return error;
  const issues = error.issues.map((issue) => {
    const [, index, rest] = /^items\[(\d+)\](.*)$/s.exec(issue.path) ?? [];
    return index === undefined ? issue : { ...issue, path: `items[${placeOf(Number(index))}]${rest}` };
  });
  const headline = 'an item of the batch is wrong';
  return error instanceof ConfigError ? new ConfigError(headline, issues) : new PayloadError(headline, issues);
}
