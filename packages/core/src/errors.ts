/** What is known of a message whose publish, schedule or dispatch was rejected. */
export type PublishFate = 'not-published' | 'unknown';

export interface QuaysideErrorOptions {
  readonly cause?: unknown;
  /** For a rejected publish, schedule or dispatch: `unknown` means that the server may have done the work before its reply was lost. */
  readonly outcome?: PublishFate;
  /** The ids of the messages concerned, in the order of the call. Publishing again with the same id makes no second message. */
  readonly ids?: readonly string[];
}

/**
 * The root of every error that Quayside throws. `code` is stable across versions: switch on it, not on the message.
 * `JSON.stringify(error)` keeps name, code, message, outcome, ids and the cause.
 */
export class QuaysideError extends Error {
  readonly code: string;
  readonly outcome?: PublishFate;
  readonly ids?: readonly string[];

  constructor(code: string, message: string, options: QuaysideErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    if (options.outcome !== undefined) this.outcome = options.outcome;
    if (options.ids !== undefined) this.ids = options.ids;
  }

  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      outcome: this.outcome,
      ids: this.ids,
      cause: describeCause(this.cause),
    };
  }
}

function describeCause(cause: unknown): unknown {
  if (cause === undefined) return undefined;
  if (isInstanceOf(cause, QuaysideError)) return cause.toJSON();
  try {
    return cause instanceof Error ? { name: cause.name, message: cause.message } : textOf(cause);
  } catch {
    return textOf(cause);
  }
}

const longestThrown = 500;

/** Anything that somebody threw, also what does not let itself be made text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown).slice(0, longestThrown);
  } catch {
    return `a value of type ${typeof thrown}`;
  }
}

/** What somebody threw, as an error: itself where it is one. @param what failed. */
export function toError(thrown: unknown, what: string): Error {
  return isInstanceOf(thrown, Error) ? thrown : new Error(`${what}: ${textOf(thrown)}`, { cause: thrown });
}

/** One thing that is wrong with a config or with a call's options. */
export interface Issue {
  /** Where, as the user wrote it: `message_queue.workers`, `options.delay`. */
  readonly path: string;
  /** What was wrong, with the value, and what is allowed. */
  readonly message: string;
}

/** Told in full; of more, how many. */
const mostIssues = 20;
const longestPath = 200;

function listIssues(headline: string, issues: readonly Issue[]): string {
  if (issues.length === 0) return headline;
  const lines = issues.slice(0, mostIssues).map(({ path, message }) => `  ${cutPath(path)}: ${message}`);
  if (issues.length > mostIssues) lines.push(`  and ${issues.length - mostIssues} more`);
  return `${headline}\n${lines.join('\n')}`;
}

/** Keys of what anybody passes can be of any length. */
function cutPath(path: string): string {
  return path.length > longestPath ? `${path.slice(0, longestPath)}…` : path;
}

/** The config, or an option of a call, is wrong. Lists every issue at once. */
export class ConfigError extends QuaysideError {
  readonly issues: readonly Issue[];
  constructor(headline: string, issues: readonly Issue[] = [], options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_CONFIG', listIssues(headline, issues), options);
    this.issues = issues;
  }
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), issues: this.issues };
  }
}

/** The backend can't be reached, refused the connection, or was cut off. `outcome` says whether a publish may have happened. */
export class ConnectionError extends QuaysideError {
  constructor(message: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_CONNECTION', message, options);
  }
}

/** A payload or result that can't be carried unchanged, is too large, or fails its schema. */
export class PayloadError extends QuaysideError {
  readonly issues: readonly Issue[];
  constructor(headline: string, issues: readonly Issue[] = [], options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_PAYLOAD', listIssues(headline, issues), options);
    this.issues = issues;
  }
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), issues: this.issues };
  }
}

/** A queue, channel, event or type name outside the allowed form. */
export class InvalidNameError extends QuaysideError {
  constructor(kind: string, name: unknown, allowed: string) {
    super('ERR_QUAYSIDE_INVALID_NAME', `${kind} ${quote(name)} is not a valid name: ${allowed}`);
  }
}

/** The backend does not offer this port at all. */
export class UnsupportedPortError extends QuaysideError {
  constructor(port: string, type: string, typesThatHaveIt: readonly string[]) {
    const hint = typesThatHaveIt.length > 0 ? `; these types have it: ${typesThatHaveIt.join(', ')}` : '';
    super('ERR_QUAYSIDE_UNSUPPORTED_PORT', `type '${type}' has no ${port}${hint}`);
  }
}

/** The backend offers the port, but can't honour these options. */
export class UnsupportedFeatureError extends QuaysideError {
  readonly features: readonly string[];
  constructor(type: string, features: readonly string[]) {
    super('ERR_QUAYSIDE_UNSUPPORTED_FEATURE', `type '${type}' can't honour: ${features.join('; ')}`);
    this.features = features;
  }
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), features: this.features };
  }
}

/** The object was stopped or closed; it takes no more calls. */
export class ClosedError extends QuaysideError {
  constructor(what: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_CLOSED', `${what} is closed`, options);
  }
}

/** The stated bound of a call, a handler or a task passed. */
export class TimeoutError extends QuaysideError {
  constructor(message: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_TIMEOUT', message, options);
  }
}

/** The work was cancelled on request. The `reason` of a cancelled handler's signal. */
export class CancelledError extends QuaysideError {
  constructor(message: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_CANCELLED', message, options);
  }
}

/** The lease of a message was lost: another worker may hold it now, and nothing this holder does to it counts. */
export class LeaseLostError extends QuaysideError {
  constructor(messageId: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_LEASE_LOST', `the lease of message ${messageId} was lost: its next delivery belongs to another worker`, options);
  }
}

/** No handler is registered for this name. */
export class NoHandlerError extends QuaysideError {
  constructor(name: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_NO_HANDLER', `no handler is registered for '${name}'`, options);
  }
}

/** No routing rule matches a dispatched task, and there is no default queue. */
export class NoRouteError extends QuaysideError {
  constructor(type: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_NO_ROUTE', `no route matches a task of type '${type}', and there is no default queue`, options);
  }
}

/** A buffer's bound was reached, or the server refuses more data. */
export class CapacityError extends QuaysideError {
  constructor(message: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_CAPACITY', message, options);
  }
}

/** Thrown by a handler: the message goes to the dead letters at once, whatever retries are left. */
export class UnrecoverableError extends QuaysideError {
  constructor(message: string, options?: QuaysideErrorOptions) {
    super('ERR_QUAYSIDE_UNRECOVERABLE', message, options);
  }
}

/** `instanceof` for what comes from anybody: of a proxy even that can't always be asked. */
export function isInstanceOf<T>(value: unknown, kind: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof kind;
  } catch {
    return false;
  }
}

/** Quotes any value for a message, short, and without running code of its owner. */
export function quote(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value);
  if (typeof value === 'bigint') return `${value}n`;
  return isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/** Of a revoked proxy even that can't be asked. */
function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}
