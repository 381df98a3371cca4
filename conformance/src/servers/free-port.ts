import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections: there a client that tries again and again to reach a dead server on
 * loopback can be given the server's own port, and then is connected to itself. So low that the port of Redis' cluster bus, 10,000
 * above, lies below them, too.
 */
const [lowest, highest] = [12_000, 22_000];

/** A port of 127.0.0.1 on which nobody listens now. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
