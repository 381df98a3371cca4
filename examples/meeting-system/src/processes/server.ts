import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { leave } from './leave.js';
import { ProcessError } from './process-error.js';

/** What the process that holds the server answers. */
export type ServerNews = { readonly url: string } | { readonly problem: string };

export interface LentServer {
  /** The address, as a setting of the config. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const program = fileURLToPath(new URL('./server-holder.js', import.meta.url));
const redisTypes = ['redis', 'bullmq'];
const addressKeys = ['URL', 'HOST', 'PORT', 'SENTINELS', 'CLUSTER'];

/** Whether several processes can share what stands behind the ports. */
export function isShared({ QUAYSIDE_TYPE }: Environment): boolean {
  return redisTypes.includes(QUAYSIDE_TYPE ?? '');
}

/**
 * The Redis server that the environment names, which is left alone, or one for this run: it ends with `stop`, or with this process.
 * @throws ProcessError where there is none, with the ways to get one
 */
export async function lendServer(env: Environment): Promise<LentServer> {
  const options = `QUAYSIDE_BACKENDS__${env.QUAYSIDE_TYPE?.toUpperCase()}__`;
  if (addressKeys.some((key) => env[options + key] !== undefined)) return { env: {}, stop: async () => undefined };
  // In a group of its own: a terminal's Ctrl-C is not to end the server before those that use it.
  const holder = fork(program, [], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(holder, 'exit').then(([code, signal]) => [{ problem: `the server's process ended with ${signal ?? `code ${code}`}` }]);
  const [news]: ServerNews[] = await Promise.race([once(holder, 'message'), ended]);
  if (news !== undefined && 'url' in news) return { env: { [`${options}URL`]: news.url }, stop: () => leave(holder) };
  await leave(holder);
  throw new ProcessError(`${news?.problem}; or name a server in ${options}URL`);
}
