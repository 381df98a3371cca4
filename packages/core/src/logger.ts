/**
 * The part of pino's interface that Quayside uses, so that a pino logger can be passed as it is.
 * Fields come first, the sentence second. Quayside never logs a payload or a secret.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(bindings: object): Logger;
}

/** The default: says nothing. What fails in the background still reaches the `error` event. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
