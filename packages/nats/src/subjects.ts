/**
 * The subjects of a transport's channels: `<namespace>.<scope>.<channel>`. A channel's name is a subject as it stands, and a pattern of
 * ours is one of NATS; no name holds a space, `*`, `>` or `$`.
 */
export class Subjects {
  readonly #prefix: string;

  /** @param scope `channels` or `events` */
  constructor(namespace: string, scope: string) {
    this.#prefix = `${toToken(namespace)}.${toToken(scope)}.`;
  }

  /** Of a channel or a pattern. */
  toSubject(channel: string): string {
    return this.#prefix + channel;
  }

  toChannel(subject: string): string {
    return subject.slice(this.#prefix.length);
  }
}

/** One token of a subject: a dot would let the namespace `a.channels` speak into the namespace `a`. No name holds a `%`. */
function toToken(name: string): string {
  return name.replaceAll('.', '%2E');
}
