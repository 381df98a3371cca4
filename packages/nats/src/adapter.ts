import { type Adapter, type AdapterContext, ConfigError, durationToMs } from '@quayside/core';
import { NatsBackend } from './backend.js';
import { Connection } from './connection.js';
import type { DialSettings } from './dial.js';
import { checkOptions, type NatsOptions } from './options.js';
import { type Login, parseServers, type ServerAddress } from './server-address.js';
import { ServerList } from './server-list.js';

export interface NatsAdapter extends Adapter<NatsOptions> {
  open(options: NatsOptions, context: AdapterContext): Promise<NatsBackend>;
}

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
    return new NatsBackend(connection, context);
  },
};

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
