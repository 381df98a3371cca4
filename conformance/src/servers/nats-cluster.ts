import { findFreePort } from './free-port.js';
import { type NatsServer, type NatsServerOptions, startNats } from './nats.js';
import { waitUntil } from './wait-until.js';

export interface NatsCluster {
  readonly nodes: readonly NatsServer[];
  /** Resolves when every node has found the others, and JetStream, if asked for, has its leader. */
  whenReady(): Promise<void>;
  stop(): Promise<void>;
}

const size = 3;

/** Three servers on loopback that know each other. Needs nats-server. */
export async function startNatsCluster(options: NatsServerOptions = {}): Promise<NatsCluster> {
  const routePorts = await Promise.all(Array.from({ length: size }, findFreePort));
  const routes = routePorts.map((port) => `nats://127.0.0.1:${port}`).join(', ');
  const started = await Promise.allSettled(
    routePorts.map((port) => {
      const cluster = `cluster { name: quayside, listen: "127.0.0.1:${port}", routes: [ ${routes} ] }`;
      return startNats({ ...options, config: [...(options.config ?? []), cluster] });
    }),
  );
  const nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const whenReady = () => waitUntil('the cluster to form', async () => (await Promise.all(nodes.map(isReady))).every(Boolean));
  try {
    for (const each of started) if (each.status === 'rejected') throw each.reason;
    await whenReady();
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, whenReady, stop };
}

async function isReady({ monitorUrl }: NatsServer): Promise<boolean> {
  try {
    const routes = (await (await fetch(`${monitorUrl}/routez`)).json()) as { readonly num_routes: number };
    const health = await fetch(`${monitorUrl}/healthz`);
    return routes.num_routes >= size - 1 && health.ok;
  } catch {
    return false;
  }
}
