// What `npm test` runs, in order. Each entry is a node command line.
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
  { name: 'unit: conformance', args: [...mocha, 'conformance/dist-test/**/*.test.js'] },
  { name: 'unit: meeting-system', args: [...mocha, 'examples/meeting-system/dist-test/**/*.test.js'] },
  conformance('memory', '--adapter', 'memory'),
  // What a standing clock would hide; the other ports stand on the queue, and pass on these clocks in a run of their own.
  conformance('memory-real-time', '--adapter', 'memory-real-time', '--grep', '^[QPEM]-'),
  conformance('redis', '--adapter', 'redis'),
  conformance('redis-server-clock', '--adapter', 'redis-server-clock', '--grep', '^[QPEM]-'),
  conformance('redis-cluster', '--adapter', 'redis-cluster'),
  conformance('bullmq', '--adapter', 'bullmq'),
  conformance('nats', '--adapter', 'nats'),
  conformance('nats-cluster', '--adapter', 'nats-cluster'),
  conformance('planted bugs', '--planted'),
];
