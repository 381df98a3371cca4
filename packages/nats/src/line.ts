import { ConnectionError, Heartbeat } from '@quayside/core';
import { Events, type Msg, type NatsConnection, type Status, type Subscription } from 'nats';
import { type DialSettings, dial } from './dial.js';
import { JetStream } from './jet-stream.js';
import { hostPortOf, type ServerAddress } from './server-address.js';

export type Receive = (subject: string, body: string) => void;

/** What the server would not do. It says so beside everything else, and goes on. */
export interface Refusal {
  /** `other`: nats.js keeps to itself what it was, as with one subscription too many. */
  readonly of: 'publish' | 'subscription' | 'other';
  /** The one that was asked for. */
  readonly subject?: string;
}

export interface LineListener {
  /** Once, unless it was closed here. */
  lost(line: Line, reason: string): void;
  refused(line: Line, refusal: Refusal): void;
}

/** Those who wait for the server to confirm something. */
interface Waiter {
  readonly refusals: Refusal[];
  fail(error: ConnectionError): void;
}

/**
 * One connection from its dialling to its loss. It never comes back: whoever needs another dials anew, and so never mistakes what an old
 * connection had for what the new one has.
 */
export class Line {
  readonly server: ServerAddress;
  /** Name and version, as the server tells them. */
  readonly serverName: string;
  readonly serverVersion: string;
  readonly maxPayloadBytes: number;
  /** The server has others beside it, which must hear of a subscription too. */
  readonly isOfCluster: boolean;
  readonly jetStream: JetStream;
  readonly #client: NatsConnection;
  readonly #listener: LineListener;
  readonly #heartbeat: Heartbeat;
  readonly #waiters = new Set<Waiter>();
  #neighbours: readonly string[] = [];
  #inMessages = 0;
  #isOver = false;

  /** @throws ConnectionError, and leaves nothing open. */
  static async open(server: ServerAddress, settings: DialSettings, listener: LineListener, signal: AbortSignal): Promise<Line> {
    return new Line(server, await dial(server, settings, signal), listener);
  }

  private constructor(server: ServerAddress, client: NatsConnection, listener: LineListener) {
    this.server = server;
    this.serverName = client.info?.server_name ?? '';
    this.serverVersion = client.info?.version ?? '';
    this.maxPayloadBytes = client.info?.max_payload ?? 0;
    this.isOfCluster = client.info?.cluster !== undefined;
    this.jetStream = new JetStream(client);
    this.#client = client;
    this.#listener = listener;
    this.#heartbeat = new Heartbeat(
      () => this.#beat(),
      () => this.#lost('the server has fallen silent'),
    );
    this.#learnNeighbours();
    void this.#watch();
    void client.closed().then(() => this.#lost('the connection was cut'));
  }

  /** `host:port`, for messages. */
  get address(): string {
    return hostPortOf(this.server);
  }

  /** The servers of its cluster, as it told them last. */
  get neighbours(): readonly string[] {
    return this.#neighbours;
  }

  /** Leaves with the next `confirm`. @throws Error where the connection is over. */
  publish(subject: string, body: Uint8Array, reply?: string): void {
    this.#client.publish(subject, body, { reply });
  }

  /** The same. `receive` must not throw: nats.js would read nothing further. */
  subscribe(subject: string, queue: string | undefined, receive: Receive): Subscription {
    return this.#client.subscribe(subject, {
      queue,
      callback: (error, message) => {
        if (error === null) receive(message.subject, message.string());
      },
    });
  }

  /** The same, with all that a message bears. */
  listen(subject: string, receive: (message: Msg) => void): Subscription {
    return this.#client.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) receive(message);
      },
    });
  }

  /**
   * Resolves when the server has dealt with all that was sent before, with what it refused meanwhile.
   * Rejects with a ConnectionError when it is lost, or aborted, before.
   */
  confirm(signal?: AbortSignal): Promise<readonly Refusal[]> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        refusals: [],
        fail(error) {
          end();
          reject(error);
        },
      };
      const abort = () => waiter.fail(new ConnectionError('aborted before the server confirmed it', { cause: signal?.reason }));
      const confirmed = () => {
        end();
        resolve(waiter.refusals);
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      // A refusal comes before the confirmation, but nats.js tells it some promises later: it is known once none is left to run.
      this.#client.flush().then(
        () => process.nextTick(confirmed),
        () => waiter.fail(cut()),
      );
    });
  }

  /** At once: a polite end would wait for a server that may be frozen. Idempotent. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#heartbeat.stop();
    void this.#client.close();
    // Of these nats.js says nothing: a flush that was under way stays so for ever.
    for (const waiter of [...this.#waiters]) waiter.fail(cut());
  }

  #lost(reason: string): void {
    if (this.#isOver) return;
    this.close();
    this.#listener.lost(this, reason);
  }

  /** A long message on its way keeps the answer to a ping waiting, so messages count as signs of life too. */
  #beat(): void {
    const { inMsgs } = this.#client.stats();
    if (inMsgs !== this.#inMessages) this.#heartbeat.heard();
    this.#inMessages = inMsgs;
    // One that fails has no news: a loss is told by the client's end.
    this.#client.flush().then(
      () => this.#heartbeat.heard(),
      () => undefined,
    );
  }

  async #watch(): Promise<void> {
    for await (const status of this.#client.status()) {
      if (status.type === Events.Update) this.#learnNeighbours();
      if (status.type === Events.Error) this.#refused(toRefusal(status));
    }
  }

  #learnNeighbours(): void {
    this.#neighbours = this.#client.info?.connect_urls ?? this.#neighbours;
  }

  #refused(refusal: Refusal): void {
    for (const waiter of this.#waiters) waiter.refusals.push(refusal);
    this.#listener.refused(this, refusal);
  }
}

function cut(): ConnectionError {
  return new ConnectionError('the connection was cut before the server confirmed it');
}

function toRefusal({ permissionContext }: Status): Refusal {
  if (permissionContext === undefined) return { of: 'other' };
  return { of: permissionContext.operation === 'publish' ? 'publish' : 'subscription', subject: permissionContext.subject };
}
