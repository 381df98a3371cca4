/**
 * What ioredis says went wrong, as text. Never pass its error objects on: they carry the command with its arguments, and so the
 * password of an AUTH or a payload.
 */
export function describeFailure(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(describeFailure).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** The server answered, and its answer was a refusal. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** ioredis refused it before it wrote anything to a socket. */
export function isCertainlyUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith('enableOfflineQueue options is false');
}
