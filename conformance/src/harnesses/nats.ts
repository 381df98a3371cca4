/** The NATS adapter on a real server: its own, which can be hurt, or the one that QUAYSIDE_TEST_NATS_URL names; with JetStream always on its own. */
import { adapter } from '@quayside/nats';
import type { Faults, Harness } from '../harness.js';
import { findFreePort } from '../servers/free-port.js';
import { type NatsServer, startNats, TcpProxy } from '../servers/index.js';
import { packageVersion } from '../versions.js';
import { NatsMonitor } from './nats-monitor.js';

/** Starts the server. With JetStream it keeps events for durable subscriptions; without, all is core NATS. */
export async function openNatsHarness(name: string, jetStream: boolean): Promise<Harness> {
  const server = await startNats(jetStream ? { jetStream } : {});
  const options = jetStream ? { jetStream: { ackWait: 1_000 } } : {};
  const proxy = server.control === undefined ? undefined : await TcpProxy.start(server);
  const servers = proxy === undefined ? server.url : `nats://127.0.0.1:${proxy.port}`;
  return {
    name,
    clock: 'server',
    open: (context) => adapter.open({ servers, ...options }, context),
    faults: serverFaults(server, proxy),
    ...monitored(server),
    openUnreachable: async (context, password) =>
      adapter.open({ servers: `nats://worker:${password}@127.0.0.1:${await findFreePort()}` }, context),
    async close() {
      await proxy?.stop();
      await server.stop();
    },
  };
}

/** Only of a server of our own. */
function serverFaults({ control }: NatsServer, proxy: TcpProxy | undefined): Faults {
  if (control === undefined || proxy === undefined) return {};
  return {
    kill: () => control.kill(),
    restart: () => control.restart(),
    pause: () => control.pause(),
    resume: () => control.resume(),
    cut: async () => proxy.cut(),
    heal: async () => proxy.heal(),
  };
}

function monitored({ monitorUrl }: NatsServer): Pick<Harness, 'keys' | 'connections' | 'versions'> {
  const adapterVersion = { '@quayside/nats': packageVersion('@quayside/nats') };
  if (monitorUrl === undefined) return { versions: async () => adapterVersion };
  const monitor = new NatsMonitor(monitorUrl);
  return {
    keys: (namespace) => monitor.subjects(namespace),
    connections: (namespace) => monitor.connections(namespace),
    versions: async () => ({ ...adapterVersion, 'nats-server': await monitor.version() }),
  };
}
