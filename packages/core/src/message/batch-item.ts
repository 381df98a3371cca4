import { ConfigError, PayloadError } from '../errors.js';

/** What is wrong with one item of a batch, saying which: `items[3].payload`. */
export function itemError(error: ConfigError | PayloadError, index: number): ConfigError | PayloadError {
  const issues = error.issues.map(({ path, message }) => ({ path: `items[${index}].${path}`, message }));
  const headline = `item ${index} of the batch is wrong`;
  return error instanceof ConfigError ? new ConfigError(headline, issues) : new PayloadError(headline, issues);
}
