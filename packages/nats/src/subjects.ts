import { createHash } from 'node:crypto';

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

/**
 * Names of ours as one of JetStream, which wants neither dots nor too many characters: one name as it stands where it can, else something
 * readable with a digest, so that no two are the same.
 */
export function toJetStreamName(...names: readonly string[]): string {
  const readable = names.join('-');
  if (names.length === 1 && /^[\w-]{1,100}$/.test(readable)) return readable;
  const digest = createHash('sha256').update(names.join('\n')).digest('base64url').slice(0, 22);
  return `${readable.replaceAll(/[^\w-]/g, '_').slice(0, 60)}-${digest}`;
}

/** One token of a subject: a dot would let the namespace `a.channels` speak into the namespace `a`. No name holds a `%`. */
function toToken(name: string): string {
  return name.replaceAll('.', '%2E');
}
