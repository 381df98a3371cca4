/** The long forms of what the conformance command does, each a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StressPart, StressResult } from './part.js';

const command = fileURLToPath(new URL('../cli.js', import.meta.url));
const suitesAtOnce = 8;
/** Of what failed, enough to see what it was. */
const linesShown = 40;

export const parallel: StressPart = {
  name: 'parallel',
  title: 'the conformance suite eight times at once against one server: they do not disturb one another',
  backends: ['redis', 'nats'],
  async run({ server, isShort, seed }) {
    const url = String(server.options.url ?? server.options.servers);
    const env = { QUAYSIDE_TEST_REDIS_URL: url, QUAYSIDE_TEST_NATS_URL: url };
    const adapter = server.type === 'nats' ? 'nats-core' : server.type;
    const rows = isShort ? ['--grep', '^[QP]-0'] : [];
    const runs = Array.from({ length: isShort ? 2 : suitesAtOnce }, (_, index) =>
      runCommand(['--adapter', adapter, '--seed', String(seed + index), '--reporter', 'dot', ...rows], env),
    );
    return gather(await Promise.all(runs));
  },
};

export const faults: StressPart = {
  name: 'faults',
  title: 'real processes and servers, killed, frozen and cut off: the fault rows in their long form',
  backends: ['redis', 'bullmq', 'nats'],
  run: ({ server, isShort, seed }) =>
    runOne([
      '--faults',
      '--adapter',
      server.type,
      '--seed',
      String(seed),
      ...(isShort ? ['--grep', 'F-1[23].*(ahead|restart|again)'] : ['--long']),
    ]),
};

export const simulation: StressPart = {
  name: 'simulation',
  title: 'the engines under random faults on a test clock, thousands of seeds',
  backends: ['memory'],
  run: ({ isShort }) => runOne(['--simulation', '--seeds', isShort ? '5' : '3000']),
};

export const fuzz: StressPart = {
  name: 'fuzz',
  title: 'hostile values in every argument, option and config key',
  backends: ['memory', 'redis', 'bullmq', 'nats'],
  run: ({ server, isShort, seed }) =>
    runOne([
      '--fuzz',
      '--adapter',
      server.type,
      '--seed',
      String(seed),
      '--runs',
      isShort ? '1' : '20',
      ...(isShort ? ['--grep', 'publish'] : []),
    ]),
};

interface Ran {
  readonly exitCode: number | null;
  readonly output: string;
}

async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [command, ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  return { exitCode: child.exitCode, output };
}

async function runOne(args: readonly string[]): Promise<StressResult> {
  return gather([await runCommand(args)]);
}

function gather(runs: readonly Ran[]): StressResult {
  const count = (word: string) => runs.reduce((sum, { output }) => sum + Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0), 0);
  const failed = runs.filter(({ exitCode }) => exitCode !== 0);
  return {
    figures: { runs: runs.length, passing: count('passing'), failing: count('failing'), pending: count('pending') },
    broken: failed.map(({ exitCode, output }) => `exit code ${exitCode}\n${output.split('\n').slice(-linesShown).join('\n')}`),
  };
}
