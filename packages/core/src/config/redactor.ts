import type { Logger } from '../logger.js';
import { CleanCopy } from './clean-copy.js';
import { collectSecrets, mask, maskCredentials } from './secrets.js';

/** Keeps the secrets of one config out of what is said while it is in use. What shows none is passed on as it is, the same object. */
export class Redactor {
  readonly #secrets: RegExp | undefined;

  /** @param config with every variable put in: what is secret in it is known by its keys and its URLs */
  constructor(config: unknown) {
    const forms = new Set([...collectSecrets(config)].flatMap(formsOf));
    if (forms.size === 0) return;
    // The longest first: one secret may be the beginning of another.
    const longestFirst = [...forms].sort((one, other) => other.length - one.length);
    this.#secrets = new RegExp(longestFirst.map(literally).join('|'), 'g');
  }

  /** For what an adapter says: it may have quoted what it was given. An error keeps its class and every part that shows no secret. */
  clean<T>(value: T): T {
    return this.#clean(value, this.#hide);
  }

  /**
   * A logger that shows no secret, neither in its fields and sentences nor in errors. What else looks like credentials in a URL is hidden
   * in errors alone: other texts may be the application's own, and hold an `https://host/@name`.
   */
  logger(logger: Logger): Logger {
    const hide = (text: string) => this.#hideKnown(text);
    const fieldsOf = (fields: object) => this.#clean(fields, hide);
    return {
      debug: (fields, message) => logger.debug(fieldsOf(fields), hide(message)),
      info: (fields, message) => logger.info(fieldsOf(fields), hide(message)),
      warn: (fields, message) => logger.warn(fieldsOf(fields), hide(message)),
      error: (fields, message) => logger.error(fieldsOf(fields), hide(message)),
      child: (bindings) => this.logger(logger.child(fieldsOf(bindings))),
    };
  }

  #clean<T>(value: T, hide: (text: string) => string): T {
    const copy = new CleanCopy(hide, this.#hide);
    const cleaned = copy.of(value) as T;
    return copy.hasHidden ? cleaned : value;
  }

  readonly #hide = (text: string): string => this.#hideKnown(maskCredentials(text));

  #hideKnown(text: string): string {
    return this.#secrets === undefined ? text : text.replace(this.#secrets, mask);
  }
}

/** As it is, in a URL, in JSON, and in an inspected object. */
function formsOf(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), secret.replaceAll('\\', '\\\\')];
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
