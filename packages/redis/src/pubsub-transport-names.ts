import type { ChannelFilter } from '@quayside/core';

/** The names that a transport's channels have on the server. A brace is in no channel and no namespace, so no two transports share one. */
export class ChannelNames {
  readonly #prefix: string;
  readonly #literalPrefix: string;

  /** @param scope `channels` or `events` */
  constructor(namespace: string, scope: string) {
    this.#prefix = `${namespace}:{${scope}}:`;
    this.#literalPrefix = escapeGlob(this.#prefix);
  }

  toServer(channel: string): string {
    return this.#prefix + channel;
  }

  fromServer(name: string): string {
    return name.slice(this.#prefix.length);
  }

  /** A glob that takes all that the pattern matches, and more: Redis' `*` crosses dots. Nothing else in a pattern is special to Redis. */
  toGlob(filter: ChannelFilter): string {
    return this.#literalPrefix + filter.text.replace('>', '*');
  }
}

/** Redis reads these as more than themselves in PSUBSCRIBE; `]` and `^` only inside a bracket, but a backslash hurts none. */
function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, '\\$&');
}
