import { ErrorCode, NatsError } from 'nats';

const sentences: Readonly<Record<string, string>> = {
  [ErrorCode.AuthorizationViolation]: 'the server refuses the login',
  [ErrorCode.AuthenticationExpired]: 'the login has expired',
  [ErrorCode.AccountExpired]: "the account's login has expired",
  [ErrorCode.AuthenticationTimeout]: 'the server had no login in its time',
  [ErrorCode.Timeout]: 'no answer in time',
  [ErrorCode.ServerOptionNotAvailable]: 'the server does not offer TLS',
  [ErrorCode.ConnectionClosed]: 'the connection was closed',
};

/** What nats.js says went wrong, as a sentence: its own messages are mostly codes. */
export function describeFailure(error: unknown): string {
  if (error instanceof NatsError) {
    const { code, chainedError } = error;
    if (code === ErrorCode.ConnectionRefused) return describeRefusal(chainedError);
    return sentences[code] ?? chainedError?.message ?? error.message;
  }
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describeFailure).join('; ');
  if (error instanceof Error) return error.message === 'unexpected response from server' ? 'what answers is no NATS server' : error.message;
  return String(error);
}

/** nats.js calls a socket that was closed without a word "an undefined error". */
function describeRefusal(cause: Error | undefined): string {
  if (cause === undefined || cause.message.includes('undefined error')) return 'the connection was closed before it was ready';
  return cause.message;
}
