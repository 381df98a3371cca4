/** The NATS adapter on a cluster of three servers of its own. Each backend of a namespace is on another one. What hurts the server hurts all three. */
import { silentLogger, systemClock } from '@quayside/core';
import { adapter } from '@quayside/nats';
import type { Harness } from '../harness.js';
import { type NatsServer, type ServerControl, startNatsCluster } from '../servers/index.js';
import { waitUntil } from '../servers/wait-until.js';
import { packageVersion } from '../versions.js';
import { NatsMonitor } from './nats-monitor.js';

/** Starts the cluster. Its way can't be cut: the servers tell their clients of one another past any proxy. */
export async function openNatsClusterHarness(): Promise<Harness> {
  const cluster = await startNatsCluster({ jetStream: true });
  const monitors = cluster.nodes.flatMap(({ monitorUrl }) => (monitorUrl === undefined ? [] : [new NatsMonitor(monitorUrl)]));
  const control = async (work: (server: ServerControl) => Promise<void>) => {
    await Promise.all(cluster.nodes.map((node) => node.control && work(node.control)));
  };
  const options = { jetStream: { ackWait: 1_000 } };
  /** A cluster that has formed may still have nobody who leads its streams: then it opens nothing. */
  const whenReady = async () => {
    await cluster.whenReady();
    const probe = { clock: systemClock, logger: silentLogger, namespace: 'probe' };
    const opens = ({ url }: NatsServer) => adapter.open({ servers: url, ...options }, probe).then((backend) => backend.close());
    const areOpen = () => Promise.all(cluster.nodes.map(opens));
    await waitUntil('the cluster to lead its streams', async () => areOpen().then(Boolean, () => false));
  };
  await whenReady();
  let opened = 0;
  return {
    name: 'nats-cluster',
    clock: 'server',
    open: (context) => adapter.open({ servers: cluster.nodes[opened++ % cluster.nodes.length]?.url, ...options }, context),
    faults: {
      kill: () => control((server) => server.kill()),
      async restart() {
        await control((server) => server.restart());
        await whenReady();
      },
      pause: () => control((server) => server.pause()),
      async resume() {
        await control((server) => server.resume());
        await whenReady();
      },
    },
    keys: async (namespace) => (await Promise.all(monitors.map((monitor) => monitor.subjects(namespace)))).flat(),
    versions: async () => ({
      '@quayside/nats': packageVersion('@quayside/nats'),
      'nats-server': (await monitors[0]?.version()) ?? 'unknown',
    }),
    close: () => cluster.stop(),
  };
}
