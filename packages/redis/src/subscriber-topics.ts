import type { Logger } from '@quayside/core';

export type Receive = (channel: string, body: string) => void;

/** A channel and a pattern of the same text are two topics: what matches both arrives once for each. */
export type TopicKind = 'channel' | 'pattern';

/** One subscription of the server, and all those here who want what it brings. */
export interface Topic {
  readonly kind: TopicKind;
  readonly name: string;
  readonly receivers: Set<Receive>;
  /** Settles as the server answers the SUBSCRIBE that made it. */
  readonly confirmed: Promise<unknown>;
}

/** What is subscribed to. */
export class Topics {
  readonly #logger: Logger;
  readonly #byName: Readonly<Record<TopicKind, Map<string, Topic>>> = { channel: new Map(), pattern: new Map() };

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  find(kind: TopicKind, name: string): Topic | undefined {
    return this.#byName[kind].get(name);
  }

  add(topic: Topic): void {
    this.#byName[topic.kind].set(topic.name, topic);
  }

  /** False where it was removed before, and another of its name may have taken its place. */
  remove(topic: Topic): boolean {
    const topics = this.#byName[topic.kind];
    return topics.get(topic.name) === topic && topics.delete(topic.name);
  }

  names(kind: TopicKind): readonly string[] {
    return [...this.#byName[kind].keys()];
  }

  clear(): void {
    this.#byName.channel.clear();
    this.#byName.pattern.clear();
  }

  /** @param name of the topic that brought it: the channel itself, or the pattern. */
  deliver(kind: TopicKind, name: string, channel: string, body: string): void {
    for (const receive of this.#byName[kind].get(name)?.receivers ?? []) {
      try {
        receive(channel, body);
      } catch (error) {
        this.#logger.error({ err: error, channel }, 'a subscriber failed to receive a message');
      }
    }
  }
}
