import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findBinary } from './binaries.js';
import { makeCertificate } from './certificate.js';
import { startContainer } from './containers.js';
import { makeServerFolder } from './folder.js';
import { findFreePort } from './free-port.js';
import { MissingServerError } from './missing-server.js';
import { type ServerControl, ServerProcess } from './server-process.js';

export interface NatsServerOptions {
  readonly token?: string;
  readonly user?: { readonly name: string; readonly password: string };
  /** The public key (`U…`) of the only user. */
  readonly nkey?: string;
  /** TLS only, with a certificate that is made for this server. Needs openssl. */
  readonly tls?: boolean;
  /** Keeps streams, also over a restart. */
  readonly jetStream?: boolean;
  /** Further lines of the server's configuration. */
  readonly config?: readonly string[];
}

/** A NATS server for tests. */
export interface NatsServer {
  readonly host: string;
  readonly port: number;
  /** `nats:` or `tls:`, without user and password: NATS' clients take those as options. */
  readonly url: string;
  /** The certificate to trust, in PEM, where it speaks TLS. */
  readonly ca?: string;
  /** Where it tells of its connections and subscriptions: `/connz`, `/subsz`, `/healthz`. */
  readonly monitorUrl?: string;
  /** `undefined` where the server is not this process's own. */
  readonly control?: ServerControl;
  /** Ends it, where it is this process's own. Idempotent. */
  stop(): Promise<void>;
}

const variable = 'QUAYSIDE_TEST_NATS_URL';

/**
 * A server at the address that QUAYSIDE_TEST_NATS_URL names (unless options ask for a server of another kind), else an installed
 * nats-server on a free port of loopback, else one in a container. It answers when this resolves.
 * @throws MissingServerError
 */
export async function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  const given = process.env[variable];
  if (given !== undefined && Object.keys(options).length === 0) {
    const { hostname, port } = new URL(given);
    return { host: hostname, port: Number(port || 4222), url: given, stop: async () => undefined };
  }
  const binary = findBinary('nats-server');
  if (binary !== undefined) return startBinary(binary, options);
  const container = Object.keys(options).length === 0 ? await startContainer('nats:2-alpine', 4222, ['nats-server']) : undefined;
  if (container === undefined) throw new MissingServerError('NATS server', 'nats-server', variable);
  return { ...container, url: `nats://${container.host}:${container.port}` };
}

async function startBinary(file: string, options: NatsServerOptions): Promise<NatsServer> {
  const folder = makeServerFolder('nats');
  const [port, monitorPort] = [await findFreePort(), await findFreePort()];
  const certificate = options.tls === true ? makeCertificate(folder) : undefined;
  const config = [
    `listen: 127.0.0.1:${port}`,
    `http: 127.0.0.1:${monitorPort}`,
    `server_name: nats-${port}`,
    ...settingsOf(options, folder),
  ];
  if (certificate !== undefined) config.push(`tls { cert_file: "${certificate.certificateFile}", key_file: "${certificate.keyFile}" }`);
  writeFileSync(join(folder, 'nats.conf'), config.map((line) => `${line}\n`).join(''));
  const process = await ServerProcess.start({ name: 'nats-server', file, args: ['-c', 'nats.conf'], folder, isReady: () => greets(port) });
  return {
    host: '127.0.0.1',
    port,
    url: `${certificate === undefined ? 'nats' : 'tls'}://127.0.0.1:${port}`,
    ca: certificate?.ca,
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    control: process,
    stop: () => process.stop(),
  };
}

function settingsOf({ token, user, nkey, jetStream, config = [] }: NatsServerOptions, folder: string): readonly string[] {
  const lines: string[] = [];
  if (token !== undefined) lines.push(`authorization { token: ${JSON.stringify(token)} }`);
  if (user !== undefined) lines.push(`authorization { user: ${JSON.stringify(user.name)}, password: ${JSON.stringify(user.password)} }`);
  if (nkey !== undefined) lines.push(`authorization { users: [ { nkey: ${nkey} } ] }`);
  if (jetStream === true) lines.push(`jetstream { store_dir: "${join(folder, 'jetstream')}" }`);
  return [...lines, ...config];
}

/** The server speaks first: `INFO {…}`, in the clear also where TLS follows. */
function greets(port: number): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (isGreeted: boolean) => {
      socket.destroy();
      resolve(isGreeted);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.once('data', (data) => settle(data.toString('latin1').startsWith('INFO ')));
    socket.once('error', () => settle(false));
    socket.once('close', () => resolve(false));
  });
}
