import {
  CapacityError,
  type ChannelFilter,
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Frame,
  type Logger,
  type PubSubCapabilities,
  type PubSubTransport,
  sleep,
  systemClock,
  ToldState,
  type TransportSubscribeOptions,
  type TransportSubscription,
} from '@quayside/core';
import type { Redis } from 'ioredis';
import { describeFailure, isCertainlyUnsent, isRefusal } from './failure.js';
import { publishFramesScript } from './generated/scripts.js';
import { GroupClaims } from './pubsub-transport-groups.js';
import { ChannelNames } from './pubsub-transport-names.js';
import { type CommandSender, runScript } from './scripts.js';
import type { HeldSubscription, Subscriber } from './subscriber.js';
import type { Receive } from './subscriber-topics.js';

/**
 * Redis cuts a subscriber whose output buffer passes 32 MB, or stays over 8 MB for a minute (`client-output-buffer-limit pubsub`): a
 * frame fits in several times.
 */
const maxFrameBytes = 4 * 1024 * 1024;

const capabilities: PubSubCapabilities = {
  shared: true,
  delivery: 'at-most-once',
  patterns: 'superset',
  groups: true,
  durable: false,
  maxFrameBytes,
};

/** A script holds up every other client of the server while it runs: these take less than a millisecond. */
const framesACall = 500;

/** How long `close` waits for the server to let go of the subscriptions: no call hangs on a server that is dead. */
const closeBoundMs = 500;

/** The side of the connection set that asks. */
export interface CommandSide extends CommandSender {
  /** The client that takes a PUBLISH now; `undefined` without a connection. One and the same while it lives: only then a publisher's order holds, on a cluster too. */
  readonly publisher: Redis | undefined;
  /** Tells the present state first. Answers a function that ends it. */
  onState(listener: (state: ConnectionState) => void): () => void;
}

export interface TransportParts {
  readonly namespace: string;
  readonly scope: string;
  readonly commands: CommandSide;
  readonly subscriber: Subscriber;
  readonly logger: Logger;
}

/** Redis Pub/Sub. Sends on the connection set's command side, hears on its subscriber; it is connected when both are. */
export class RedisPubSubTransport implements PubSubTransport {
  readonly capabilities = capabilities;
  readonly #scope: string;
  readonly #names: ChannelNames;
  readonly #commands: CommandSide;
  readonly #subscriber: Subscriber;
  readonly #logger: Logger;
  readonly #claims: GroupClaims;
  readonly #held = new Set<HeldSubscription>();
  readonly #state = new ToldState();
  readonly #states: { commands: ConnectionState; subscriber: ConnectionState } = { commands: 'disconnected', subscriber: 'disconnected' };
  readonly #unwatch: readonly (() => void)[];

  constructor(parts: TransportParts) {
    this.#scope = parts.scope;
    this.#names = new ChannelNames(parts.namespace, parts.scope);
    this.#commands = parts.commands;
    this.#subscriber = parts.subscriber;
    this.#logger = parts.logger;
    const toKey = (group: string, frame: string) => this.#names.claimKey(group, frame);
    this.#claims = new GroupClaims({ commands: parts.commands, toKey, logger: parts.logger });
    this.#unwatch = [
      parts.commands.onState((state) => this.#heard('commands', state)),
      parts.subscriber.onState((state) => this.#heard('subscriber', state)),
    ];
  }

  async publish(frames: readonly Frame[], signal: AbortSignal): Promise<void> {
    this.#assertOpen();
    const client = this.#commands.publisher;
    if (client === undefined) throw new ConnectionError('there is no connection', { outcome: 'not-published' });
    if (signal.aborted) throw new ConnectionError('aborted before it was sent', { outcome: 'not-published', cause: signal.reason });
    await untilAborted(this.#send(client, frames), signal, () => {
      return new ConnectionError('aborted before the server confirmed it', { outcome: 'unknown', cause: signal.reason });
    });
  }

  /** In order, and none after one that was refused. Many as one command: to write and to answer one each costs more than to publish it. */
  async #send(client: Redis, frames: readonly Frame[]): Promise<void> {
    for (let sent = 0; sent < frames.length; sent += framesACall) {
      const args = frames.slice(sent, sent + framesACall).flatMap(({ channel, body }) => [this.#names.toServer(channel), body]);
      try {
        if (args.length === 2) await client.call('PUBLISH', args);
        else throwRefusal(await runScript({ send: (name, given) => client.call(name, [...given]) }, publishFramesScript, [], args));
      } catch (error) {
        throw toPublishError(error, sent);
      }
    }
  }

  async subscribe(filter: ChannelFilter, receive: Receive, { group, signal }: TransportSubscribeOptions): Promise<TransportSubscription> {
    this.#assertOpen();
    const aborted = () => new ConnectionError('aborted before it was subscribed', { cause: signal.reason });
    if (signal.aborted) throw aborted();
    const opening = this.#hold(filter, group, receive);
    try {
      return await untilAborted(opening, signal, aborted);
    } catch (error) {
      opening
        .then((held) => held.close())
        .catch((reason: unknown) => {
          this.#logger.debug({ filter: filter.text, reason: describeFailure(reason) }, 'a subscription was not opened');
        });
      throw error;
    }
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    return this.#state.tell(listener);
  }

  async close(): Promise<void> {
    if (this.#state.now === 'closed') return;
    for (const unwatch of this.#unwatch) unwatch();
    const released = Promise.all([...this.#held].map((held) => held.close()));
    this.#state.become('closed');
    const bound = new AbortController();
    await Promise.race([released.then(() => bound.abort()), sleep(systemClock, closeBoundMs, bound.signal)]);
  }

  async #hold(filter: ChannelFilter, group: string | undefined, receive: Receive): Promise<HeldSubscription> {
    let isOpen = true;
    const take: Receive = (channel, body) => {
      if (isOpen) receive(channel, body);
    };
    const arrived = group === undefined ? take : this.#claims.member(group, filter, take);
    const held = filter.isPattern
      ? await this.#subscriber.psubscribe(this.#names.toGlob(filter), (name, body) => arrived(this.#names.fromServer(name), body))
      : await this.#subscriber.subscribe(this.#names.toServer(filter.text), (body) => arrived(filter.text, body));
    const own: HeldSubscription = {
      close: () => {
        isOpen = false;
        this.#held.delete(own);
        return held.close();
      },
    };
    if (this.#state.now === 'closed') {
      await own.close();
      throw this.#closed();
    }
    this.#held.add(own);
    return own;
  }

  #heard(side: 'commands' | 'subscriber', state: ConnectionState): void {
    this.#states[side] = state;
    const { commands, subscriber } = this.#states;
    if (commands === 'closed' || subscriber === 'closed') this.#state.become('closed');
    else this.#state.become(commands === 'connected' && subscriber === 'connected' ? 'connected' : 'disconnected');
  }

  #assertOpen(): void {
    if (this.#state.now === 'closed') throw this.#closed();
  }

  #closed(): ClosedError {
    return new ClosedError(`the pub/sub transport of ${this.#scope}`);
  }
}

/** The server would not publish the next frame. */
class Refused extends Error {
  readonly publishedBefore: number;

  constructor(publishedBefore: number, reason: string) {
    super(reason);
    this.publishedBefore = publishedBefore;
  }
}

/** What the script answers where a frame was refused. */
function throwRefusal(answer: unknown): void {
  if (answer !== null) throw new Refused(...(answer as [number, string]));
}

/** @param sent frames that earlier commands of the call have published. */
function toPublishError(error: unknown, sent: number): Error {
  if (error instanceof Refused || isRefusal(error)) {
    const published = sent + (error instanceof Refused ? error.publishedBefore : 0);
    const outcome = published === 0 ? 'not-published' : 'unknown';
    return new CapacityError(`the server refuses what is published: ${describeFailure(error)}`, { outcome });
  }
  const outcome = sent === 0 && isCertainlyUnsent(error) ? 'not-published' : 'unknown';
  return new ConnectionError(`cut before the server confirmed it: ${describeFailure(error)}`, { outcome });
}

/** Settles with the work, or rejects as soon as the signal is aborted. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal, toError: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(toError());
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
