/** Holds a Redis server for one run of the meeting system: until the process that asked for it lets go, or is gone. */
import { once } from 'node:events';
import { MissingServerError, startRedis } from '@quayside/conformance/servers';
import type { ServerNews } from './server.js';

const left = once(process, 'disconnect');
const answer = (news: ServerNews) => process.send?.(news);

try {
  const server = await startRedis();
  answer({ url: server.url });
  await left;
  await server.stop();
} catch (error) {
  const ways = 'no Redis server: install one (apt-get install redis-server, brew install redis) or start Docker';
  answer({ problem: error instanceof MissingServerError ? ways : String(error) });
}
