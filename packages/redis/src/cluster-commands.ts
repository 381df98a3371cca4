import { ConnectionError, type ConnectionState, systemClock, withDeadline } from '@quayside/core';
import type { Cluster, Redis } from 'ioredis';
import { type Commands, toCommand } from './commands.js';
import { notConnected, toQuaysideError } from './errors.js';
import { describeFailure } from './failure.js';
import { type Argument, isUnknownScript } from './scripts.js';

const openBoundMs = 5_000;

/** What a cluster's client is made with, whatever its nodes are. It dials its nodes anew by itself, for ever. */
export const clusterOptions = {
  lazyConnect: true,
  // Without it a command is refused whose node is just being dialled. None is sent unless the cluster is ready.
  enableOfflineQueue: true,
  clusterRetryStrategy: (times: number) => Math.min(1_000, 50 * times),
  /** A command whose connection was cut may have run: it is not sent again by ioredis. */
  retryDelayOnFailover: 0,
  slotsRefreshTimeout: 2_000,
} as const;

/** What its clients of nodes are made with. One that leaves a command unanswered for so long has fallen silent, and is dialled anew. */
export const clusterNodeOptions = { autoResendUnfulfilledCommands: false, connectTimeout: 2_000, socketTimeout: 4_000 } as const;

/** The commands of a cluster: ioredis finds the node that holds a command's keys, and follows where they move. */
export class ClusterCommands implements Commands {
  readonly #cluster: Cluster;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState = 'disconnected';
  #lastAnswerAt = 0;
  #publisher: Redis | undefined;
  /** Of the cluster itself ioredis says only that none of its nodes will do. */
  #lastNodeError: unknown;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    // Without a listener ioredis prints it; what it means is told by the state and by each call.
    cluster.on('error', () => undefined);
    cluster.on('node error', (error) => {
      this.#lastNodeError = error;
    });
    cluster.on('ready', () => this.#move('connected'));
    cluster.on('close', () => this.#move('disconnected'));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get lastAnswerAt(): number {
    return this.#lastAnswerAt;
  }

  /** One node as long as it lives: what two nodes are told comes to a subscriber in any order. */
  get publisher(): Redis | undefined {
    if (this.#publisher?.status === 'ready') return this.#publisher;
    const masters = this.#cluster.nodes('master');
    this.#publisher = masters.find(({ status }) => status === 'ready');
    // ioredis dials a node when a command goes to it, and where only events are published none does. What fails is told as the node's error.
    if (this.#publisher === undefined) {
      const undialled = masters.find(({ status }) => status === 'wait');
      undialled?.connect().catch(() => undefined);
    }
    return this.#publisher;
  }

  async connect(): Promise<void> {
    try {
      await withDeadline(systemClock, this.#cluster.connect(), openBoundMs);
    } catch (error) {
      this.close();
      throw new ConnectionError(`can't connect to the cluster: ${describeFailure(this.#lastNodeError ?? error)}`);
    }
  }

  async send(name: string, args: readonly Argument[]): Promise<unknown> {
    if (this.#cluster.status !== 'ready') throw notConnected();
    try {
      const answer = await this.#cluster.sendCommand(toCommand(name, args));
      this.#lastAnswerAt = systemClock.monotonic();
      return answer;
    } catch (error) {
      throw isUnknownScript(error) ? error : toQuaysideError(error);
    }
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#cluster.disconnect();
    for (const node of this.#cluster.nodes('all')) node.stream?.destroy();
    this.#move('closed');
    this.#listeners.clear();
  }

  #move(state: ConnectionState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
