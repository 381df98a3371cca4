import { readOptions } from '../call-options.js';
import { ConfigError, type Issue, PayloadError, quote } from '../errors.js';
import type { Headers } from './message.js';

/** Bytes of all keys and values together: beside the payload, headers are for tracing and routing. */
export const maxHeaderBytes = 8 * 1024;

/** Checks that headers are text and small. Answers `undefined` where there are none, so that they cost no byte. @throws PayloadError */
export function checkHeaders(headers: Headers | undefined): Headers | undefined {
  if (headers === undefined) return undefined;
  const issues: Issue[] = [];
  let bytes = 0;
  const copy: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries<unknown>(read(headers))) {
    if (typeof value !== 'string') {
      issues.push({ path: `headers.${key.slice(0, 80)}`, message: `got ${quote(value)}; allowed is a string` });
      continue;
    }
    copy[key] = value;
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxHeaderBytes) issues.push({ path: 'headers', message: `${bytes} bytes; allowed are ${maxHeaderBytes} in all` });
  if (issues.length > 0) throw new PayloadError('the headers are wrong', issues);
  return bytes === 0 && Object.keys(copy).length === 0 ? undefined : copy;
}

function read(headers: Headers): Headers {
  try {
    return readOptions(headers, 'headers');
  } catch (error) {
    throw error instanceof ConfigError ? new PayloadError('the headers are wrong', error.issues, { cause: error.cause }) : error;
  }
}
