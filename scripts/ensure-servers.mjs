// Sees to the servers that the tests run against: does nothing where they are installed or an address is given, installs them on a Debian
// with root, and names the command elsewhere. Tests that find no server fail by themselves, in one line that says so.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const servers = [
  { package: 'redis-server', binaries: ['redis-server', 'redis-cli'], variable: 'QUAYSIDE_TEST_REDIS_URL' },
  { package: 'nats-server', binaries: ['nats-server'], variable: 'QUAYSIDE_TEST_NATS_URL' },
];

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
const isInstalled = (binary) => folders.some((folder) => existsSync(join(folder, binary)));

const missing = servers.filter(({ binaries, variable }) => process.env[variable] === undefined && !binaries.every(isInstalled));
const packages = missing.map((server) => server.package);

if (packages.length > 0) {
  const isRoot = process.getuid?.() === 0;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (isRoot && isInstalled('apt-get')) {
    console.log(`installing ${packages.join(' and ')}: ${command}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status } = spawnSync('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'], env, timeout: 300_000 });
    if (status !== 0) console.error(`could not install ${packages.join(' and ')}: run '${command}' yourself`);
  } else {
    const hint = isInstalled('apt-get')
      ? `sudo sh -c '${command}'`
      : `brew install ${packages.join(' ').replaceAll('redis-server', 'redis')}`;
    const variables = missing.map(({ variable }) => variable).join(' and ');
    console.error(`not installed: ${packages.join(', ')}. Install them (${hint}), name servers in ${variables}, or start Docker.`);
  }
}
