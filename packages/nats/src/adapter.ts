import { type Adapter, type AdapterContext, ConfigError, ConnectionError, durationToMs } from '@quayside/core';
import { type KeptScope, NatsBackend } from './backend.js';
import { Connection } from './connection.js';
import type { DialSettings } from './dial.js';
import { checkOptions, type NatsOptions } from './options.js';
import { type Login, parseServers, type ServerAddress } from './server-address.js';
import { ServerList } from './server-list.js';
import { Subjects, toJetStreamName } from './subjects.js';

export interface NatsAdapter extends Adapter<NatsOptions> {
  open(options: NatsOptions, context: AdapterContext): Promise<NatsBackend>;
}

/** The scope whose events are kept: the event bus has no durable handlers. */
const keptScope = 'channels';
const defaultAckWait = '30s';
const defaultServers = 'nats://127.0.0.1:4222';
const defaultDialTimeout = '3s';

export const adapter: NatsAdapter = {
  type: 'nats',
  configSchema: {
    '~standard': {
      version: 1,
      vendor: 'quayside',
      validate(value) {
        const issues = checkOptions(value);
        if (issues.length === 0) return { value: (value ?? {}) as NatsOptions };
        return { issues: issues.map(({ path, message }) => ({ path: path.split('.'), message })) };
      },
    },
  },
  async open(options, context) {
    const issues = checkOptions(options);
    if (issues.length > 0) throw new ConfigError('the options of the NATS backend are wrong', issues);
    const { logger, namespace, signal } = context;
    if (namespace === '_INBOX') throw new ConfigError('the namespace _INBOX is taken: NATS clients receive replies there');
    const servers = new ServerList(readServers(options.servers), Math.random);
    const connection = new Connection({ servers, settings: readSettings(options, namespace), logger, random: Math.random });
    await connection.connect(signal);
    return new NatsBackend(connection, context, await openStream(connection, options.jetStream, namespace));
  },
};

/** @throws UnsupportedFeatureError, ConfigError, CapacityError, ConnectionError, and then the connection is closed. */
async function openStream(connection: Connection, options: NatsOptions['jetStream'], namespace: string): Promise<KeptScope | undefined> {
  if (options === undefined) return undefined;
  const { replicas = 1, maxAge = 0, maxBytes = -1, ackWait = defaultAckWait } = options === true ? {} : options;
  const stream = {
    name: `${toJetStreamName(namespace)}-${keptScope}`,
    subject: new Subjects(namespace, keptScope).toSubject('>'),
    replicas,
    maxAgeMs: durationToMs(maxAge, 'maxAge'),
    maxBytes,
  };
  try {
    if (connection.line === undefined) throw new ConnectionError('the connection to NATS was lost');
    await connection.line.jetStream.openStream(stream);
    connection.makeReady((line) => line.jetStream.openStream(stream));
  } catch (error) {
    connection.close();
    throw error;
  }
  return { scope: keptScope, stream: stream.name, ackWaitMs: durationToMs(ackWait, 'ackWait') };
}

function readServers(servers: string | readonly string[] = defaultServers): readonly ServerAddress[] {
  const texts = typeof servers === 'string' ? [servers] : servers;
  return texts.flatMap((text) => parseServers(text) ?? []);
}

function readSettings(options: NatsOptions, namespace: string): DialSettings {
  const { name = namespace, tls, dialTimeout = defaultDialTimeout } = options;
  return {
    name,
    dialTimeoutMs: durationToMs(dialTimeout, 'dialTimeout'),
    login: readLogin(options),
    tls: tls === true ? {} : tls,
  };
}

function readLogin({ token, user, password = '', nkey }: NatsOptions): Login | undefined {
  if (token !== undefined) return { kind: 'token', token };
  if (user !== undefined) return { kind: 'user', user, password };
  return nkey === undefined ? undefined : { kind: 'nkey', seed: nkey };
}
