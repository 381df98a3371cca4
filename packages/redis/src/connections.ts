import { type AdapterContext, CancelledError, type Health, systemClock, withDeadline } from '@quayside/core';
import { Cluster, Redis } from 'ioredis';
import { ClusterCommands, clusterNodeOptions, clusterOptions } from './cluster-commands.js';
import { type Commands, SingleCommands } from './commands.js';
import { describeFailure } from './failure.js';
import { lineOptions } from './line.js';
import { clientOptions, defaultPort, type RedisOptions } from './options.js';
import { checkServer, evictsOurs, explainRefusal, readEvictionPolicy } from './server-check.js';
import { Subscriber } from './subscriber.js';

/**
 * All that a process opens to a server, whatever number of queues, channels and schedules it has: one connection that asks, one that
 * hears. (Of a cluster, one that asks for each node that it needs.)
 */
export interface Connections {
  readonly commands: Commands;
  readonly subscriber: Subscriber;
  /** One more client, not yet connected, made with `lineOptions`; on a cluster, of one of its nodes. */
  dial(): Redis;
  /** Asks the server, within a second. */
  health(): Promise<Health>;
  /** At once, also with the server dead. Idempotent. */
  close(): void;
}

export interface OpenContext extends Omit<AdapterContext, 'clock'> {
  /** Whether keys with a time to live hold what must not go before it. Default false: the queues of this package have none. */
  readonly hasExpiringKeys?: boolean;
}

const healthBoundMs = 1_000;

/** Opens both and looks whether the server will do, or rejects and leaves nothing open. @throws ConfigError, ConnectionError, CancelledError */
export async function openConnections(options: RedisOptions, context: OpenContext): Promise<Connections> {
  const { logger, signal } = context;
  const connections = options.cluster === undefined ? single(options, context) : cluster(options, context);
  const { commands, subscriber } = connections;
  const giveUp = () => connections.close();
  signal?.addEventListener('abort', giveUp);
  try {
    signal?.throwIfAborted();
    await commands.connect();
    await checkServer(commands, options.cluster !== undefined, logger, context.hasExpiringKeys);
    await subscriber.connect();
    signal?.throwIfAborted();
    return connections;
  } catch (error) {
    connections.close();
    if (signal?.aborted === true) throw new CancelledError('opening the connections was given up', { cause: signal.reason });
    throw explainRefusal(error);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

type Context = Pick<OpenContext, 'logger' | 'namespace' | 'hasExpiringKeys'>;

function single(options: RedisOptions, { logger, namespace, hasExpiringKeys }: Context): Connections {
  const create = options.createClient ?? ((given) => new Redis(given));
  const dial = () => create({ ...clientOptions(options), connectionName: namespace, ...lineOptions });
  return new ConnectionSet(new SingleCommands({ dial, logger }), new Subscriber({ dial, logger }), dial, hasExpiringKeys);
}

function cluster(options: RedisOptions, { logger, namespace, hasExpiringKeys }: Context): Connections {
  const { username, password, tls } = clientOptions(options);
  const rights = { username, password, tls, connectionName: namespace };
  const startNodes = (options.cluster ?? []).map(({ host, port }) => ({ host, port: port ?? defaultPort }));
  const client = new Cluster([...startNodes], { ...clusterOptions, redisOptions: { ...rights, ...clusterNodeOptions } });
  /** Another one each time: the one before may be the one that is dead. */
  let turn = Math.floor(Math.random() * 1_000);
  const dial = () => {
    const known = client.nodes('all').map((node) => ({ host: node.options.host, port: node.options.port }));
    const nodes = known.length > 0 ? known : startNodes;
    return new Redis({ ...nodes[turn++ % nodes.length], ...rights, ...lineOptions });
  };
  return new ConnectionSet(new ClusterCommands(client), new Subscriber({ dial, logger }), dial, hasExpiringKeys);
}

class ConnectionSet implements Connections {
  readonly commands: Commands;
  readonly subscriber: Subscriber;
  readonly dial: () => Redis;
  readonly #hasExpiringKeys: boolean;

  constructor(commands: Commands, subscriber: Subscriber, dial: () => Redis, hasExpiringKeys = false) {
    this.#hasExpiringKeys = hasExpiringKeys;
    this.commands = commands;
    this.subscriber = subscriber;
    this.dial = dial;
  }

  async health(): Promise<Health> {
    const begun = systemClock.monotonic();
    const details = () => ({ lastAnswerAgoMs: Math.round(systemClock.monotonic() - this.commands.lastAnswerAt) });
    try {
      await withDeadline(systemClock, this.commands.send('ping', []), healthBoundMs);
      const policy = await withDeadline(systemClock, readEvictionPolicy(this.commands), healthBoundMs);
      const answered = { ...details(), answeredInMs: Math.round(systemClock.monotonic() - begun) };
      if (this.subscriber.state !== 'connected') {
        return { status: 'degraded', reason: 'the connection for events and wake-ups is down', details: answered };
      }
      if (evictsOurs(policy, this.#hasExpiringKeys))
        return { status: 'degraded', reason: `maxmemory-policy ${policy} may drop messages: set noeviction`, details: answered };
      return { status: 'up', details: answered };
    } catch (error) {
      return { status: 'down', reason: describeFailure(error), details: details() };
    }
  }

  close(): void {
    this.commands.close();
    this.subscriber.close();
  }
}
