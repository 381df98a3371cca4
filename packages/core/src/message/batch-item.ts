import { ConfigError, PayloadError, QuaysideError } from '../errors.js';

/** What is wrong with one item of a batch, saying which: `items[3].payload`. */
function itemError(error: ConfigError | PayloadError, index: number): ConfigError | PayloadError {
  const issues = error.issues.map(({ path, message }) => ({ path: `items[${index}].${path}`, message }));
  const headline = `item ${index} of the batch is wrong`;
  return error instanceof ConfigError ? new ConfigError(headline, issues) : new PayloadError(headline, issues);
}

/** An error in one item of a batch says which. */
export function namingItem(error: unknown, index: number): unknown {
  if (error instanceof ConfigError || error instanceof PayloadError) return itemError(error, index);
  if (error instanceof QuaysideError) error.message = `item ${index} of the batch: ${error.message}`;
  return error;
}
