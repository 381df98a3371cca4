// What `npm test` runs, in order. Each entry is a node command line, and what is added to its environment.
const mocha = ['node_modules/mocha/bin/mocha.js', '--reporter', 'scripts/mocha-reporter.cjs', '--recursive', '--timeout', '20000'];
const unit = (name) => ({ name: `unit: ${name}`, args: [...mocha, `packages/${name}/dist-test/**/*.test.js`] });
const conformance = (name, ...options) => ({
  name: `conformance: ${name}`,
  args: ['conformance/dist/cli.js', '--reporter', 'scripts/mocha-reporter.cjs', '--second-try', ...options],
});

export const suites = [
  { name: 'lint', args: ['scripts/lint.mjs'] },
  { name: 'docs', args: ['scripts/check-docs.mjs'] },
  unit('core'),
  unit('memory'),
  unit('redis'),
  unit('bullmq'),
  unit('nats'),
  unit('observability'),
  // It starts and kills many processes, after which Node 20 at times never comes out of its own clean-up (Environment::CleanupHandles spins): it is told to exit.
  { name: 'unit: conformance', args: [...mocha, '--exit', 'conformance/dist-test/**/*.test.js'] },
  { name: 'unit: meeting-system', args: [...mocha, 'examples/meeting-system/dist-test/**/*.test.js'] },
  { name: 'example: swap-in-tests on memory', args: [...mocha, 'examples/swap-in-tests/dist-test/**/*.test.js'] },
  {
    name: 'example: swap-in-tests on redis',
    args: [...mocha, 'examples/swap-in-tests/dist-test/**/*.test.js'],
    env: { QUAYSIDE_TYPE: 'redis' },
  },
  conformance('memory', '--adapter', 'memory'),
  // On a server's clock: what a standing clock would hide. The whole catalogue on these, on redis-server-clock and on the clusters (redis-cluster, nats-cluster)
  // is a run of its own: npm run conformance -- --adapter NAME.
  conformance('memory-real-time', '--adapter', 'memory-real-time', '--grep', '^[QPEM]-'),
  conformance('redis', '--adapter', 'redis'),
  conformance('bullmq', '--adapter', 'bullmq', '--grep', '^[QD]-'),
  // With JetStream, which every publish then waits for; and the same rows on core NATS.
  conformance('nats', '--adapter', 'nats'),
  conformance('nats-core', '--adapter', 'nats-core', '--grep', '^P-'),
  conformance('planted bugs', '--planted'),
  // Hostile values in every argument, option and config key. The config is the same whatever the backend.
  conformance('bad input, memory', '--fuzz', '--adapter', 'memory'),
  conformance('bad input, redis', '--fuzz', '--adapter', 'redis', '--grep', '^(?!Config|LocalEventBus)'),
  // A selection: all of them on a backend are a run of their own, npm run conformance -- --planted --adapter NAME.
  conformance(
    'planted bugs: redis',
    ...['--planted', '--adapter', 'redis', '--grep'],
    'checks no fence|resend stores twice|starts not counted|at once|release that|publish not counted|never expires|terminal|forgotten|two schedulers',
  ),
  conformance('simulation', '--simulation'),
  { name: 'faults', args: ['conformance/dist/cli.js', '--reporter', 'scripts/mocha-reporter.cjs', '--second-try', '--faults'] },
];
