import type { ChannelFilter } from '@quayside/core';

/** The names that a transport's channels have on the server. A brace is in no channel and no namespace, so no two transports share one. */
export class ChannelNames {
  readonly #namespace: string;
  readonly #scope: string;
  readonly #prefix: string;
  readonly #literalPrefix: string;

  /** @param scope `channels` or `events` */
  constructor(namespace: string, scope: string) {
    this.#namespace = namespace;
    this.#scope = scope;
    this.#prefix = `${namespace}:{${scope}}:`;
    this.#literalPrefix = escapeGlob(this.#prefix);
  }

  toServer(channel: string): string {
    return this.#prefix + channel;
  }

  fromServer(name: string): string {
    return name.slice(this.#prefix.length);
  }

  /** The key by which one member of a group claims a frame. Those of a group are on one node of a cluster, so that their answers keep their order. */
  claimKey(group: string, frame: string): string {
    return `${this.#namespace}:claims:{${this.#scope}:${group}}:${frame}`;
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
