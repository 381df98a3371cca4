// What `npm test` runs, in order. Each entry is a node command line.
const mocha = ['node_modules/mocha/bin/mocha.js', '--reporter', 'scripts/mocha-reporter.cjs', '--recursive', '--timeout', '20000'];
const unit = (name) => ({ name: `unit: ${name}`, args: [...mocha, `packages/${name}/dist-test/**/*.test.js`] });

export const suites = [unit('core'), unit('memory')];
