import assert from 'node:assert/strict';
import { defineConformance, type Harness, memoryHarness, type Runner } from '#src/index.js';

interface Defined {
  readonly title: string;
  readonly run: () => Promise<void>;
  readonly isSkipped: boolean;
}

/** A runner that only writes down. */
function recordingRunner() {
  const defined: Defined[] = [];
  const after: (() => Promise<void>)[] = [];
  const add = (isSkipped: boolean) => (title: string, run: () => Promise<void>) => void defined.push({ title, run, isSkipped });
  const runner: Runner = {
    describe: (_, define) => define(),
    it: Object.assign(add(false), { skip: add(true) }),
    after: (run) => void after.push(run),
  };
  return { runner, defined, after };
}

/** The memory backend, said to lack what a batch needs to be stored whole. */
const lacksBatches: Harness = {
  ...memoryHarness,
  name: 'lacks batches',
  async open(context) {
    const backend = await memoryHarness.open(context);
    return {
      type: backend.type,
      health: () => backend.health(),
      close: () => backend.close(),
      queueStore(name) {
        const store = backend.queueStore?.(name);
        assert.ok(store !== undefined);
        return new Proxy(store, {
          get(target, key) {
            if (key === 'capabilities') return { ...target.capabilities, atomicBatch: false };
            const value: unknown = Reflect.get(target, key);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        });
      },
    };
  },
};

/** The memory backend on the machine's clock, whose first `failures` openings for a case fail. */
function stumbling(failures: number, clock: 'test' | 'server'): Harness {
  let openings = 0;
  return {
    ...memoryHarness,
    name: 'stumbling',
    clock,
    async open(context) {
      // The first opening is the suite's own, to learn what the backend promises.
      if (openings++ > 0 && openings <= failures + 1) throw new Error('it stumbled');
      return memoryHarness.open(context);
    },
  };
}

describe('defineConformance', () => {
  it("gives a failed case a second try where that is asked for, on a server's clock alone, and names it in the report", async () => {
    const grep = 'Q-01 publish resolves';
    for (const [failures, clock, secondTry, status] of [
      [1, 'server', true, 'passed'],
      [2, 'server', true, 'failed'],
      [1, 'server', false, 'failed'],
      [1, 'test', true, 'failed'],
    ] as const) {
      const { runner, defined } = recordingRunner();
      const report = await defineConformance(stumbling(failures, clock), runner, { grep, secondTry });
      await defined[0]?.run().catch(() => undefined);
      assert.equal(report.results[0]?.status, status, `${failures} failures on a ${clock} clock`);
      assert.equal(String(report).includes('at the second try Q-01'), secondTry && clock === 'server');
    }
  });

  it('defines a case under its id and title, and reports how it went', async () => {
    const { runner, defined } = recordingRunner();
    const report = await defineConformance(memoryHarness, runner, { grep: 'Q-01 publish resolves', seed: 7 });
    assert.deepEqual(
      defined.map(({ title, isSkipped }) => [title, isSkipped]),
      [['Q-01 publish resolves when the message is there, whether or not somebody works on the queue', false]],
    );
    assert.deepEqual(report.counts, { passed: 0, failed: 0, skipped: 0 });
    await defined[0]?.run();
    assert.deepEqual(report.counts, { passed: 1, failed: 0, skipped: 0 });
    assert.equal(report.seed, 7);
    assert.match(String(report), /^memory \(.*\), test clock, seed 7: 1 passed, 0 failed, 0 skipped/);
  });

  it('skips a case by the name of what the backend lacks, in the title and in the report', async () => {
    const { runner, defined } = recordingRunner();
    const report = await defineConformance(lacksBatches, runner, { grep: 'Q-0B a batch whose reply', ports: ['queue'] });
    assert.deepEqual(
      defined.map(({ title, isSkipped }) => [title, isSkipped]),
      [['Q-0B a batch whose reply was lost is stored whole or not at all, and once [lacks atomicBatch]', true]],
    );
    assert.deepEqual(
      report.results.map(({ id, status, lacking }) => [id, status, lacking]),
      [['Q-0B', 'skipped', ['atomicBatch']]],
    );
    assert.match(String(report), /skipped Q-0B .*: the backend lacks atomicBatch/);
  });

  it('skips a port that the backend lacks', async () => {
    const { runner, defined } = recordingRunner();
    const report = await defineConformance(lacksBatches, runner, { grep: 'P-01', ports: ['pubsub'] });
    assert.ok(defined.length > 0 && defined.every(({ isSkipped }) => isSkipped));
    assert.ok(report.results.every(({ lacking }) => lacking.includes('the port')));
  });

  it('closes the harness after the last case', async () => {
    const { runner, after } = recordingRunner();
    let isClosed = false;
    const harness: Harness = {
      ...memoryHarness,
      close: async () => {
        isClosed = true;
      },
    };
    await defineConformance(harness, runner, { grep: 'Q-01' });
    for (const run of after) await run();
    assert.ok(isClosed);
  });
});

describe('the report as JSON', () => {
  it('holds each row with its cases, and counts by port and need', async () => {
    const { runner, defined } = recordingRunner();
    const report = await defineConformance(memoryHarness, runner, { grep: 'Q-07|Q-0B a batch whose reply|Q-2C' });
    for (const { run, isSkipped } of defined) if (!isSkipped) await run();
    const json = JSON.parse(JSON.stringify(report)) as {
      readonly adapter: string;
      readonly counts: object;
      readonly ports: readonly {
        readonly port: string;
        readonly needs: object;
        readonly rows: readonly { readonly id: string; readonly status: string }[];
      }[];
    };
    const [queue] = json.ports;
    assert.deepEqual([json.adapter, json.counts, queue?.port], ['memory', { passed: 3, failed: 0, skipped: 1 }, 'queue']);
    assert.deepEqual(
      queue?.rows.map(({ id, status }) => [id, status]),
      [
        ['Q-07', 'passed'],
        ['Q-0B', 'passed'],
        ['Q-2C', 'skipped'],
      ],
    );
    assert.deepEqual(queue?.needs, {
      atomicBatch: { passed: 1, failed: 0, skipped: 0 },
      'faults.orphan': { passed: 0, failed: 0, skipped: 1 },
    });
  });
});
