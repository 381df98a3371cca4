import assert from 'node:assert/strict';
import { ConfigError, ConnectionError, type Queue, QueueManager } from '@quayside/core';
import { defineFuzz } from '#src/fuzz/define.js';
import { type Harness, memoryHarness, type Runner } from '#src/index.js';

/** The test for one place, ready to run. */
async function testOf(harness: Harness, grep: string): Promise<() => Promise<void>> {
  const defined: (() => Promise<void>)[] = [];
  const add = (_title: string, run: () => Promise<void>) => void defined.push(run);
  const runner: Runner = { describe: (_, define) => define(), it: Object.assign(add, { skip: () => undefined }), after: () => undefined };
  await defineFuzz(harness, runner, { grep, seed: 1 });
  const [run] = defined;
  assert.ok(run !== undefined && defined.length === 1, `${grep} matches ${defined.length} places`);
  return run;
}

type Publish = Queue['publish'];

/** The memory backend under a manager whose queue has a bug. */
function withBug(change: (publish: Publish) => Partial<Queue> & object): Harness {
  const spoiled = (queue: Queue): Queue => {
    const changes = change(queue.publish.bind(queue));
    return new Proxy(queue, {
      ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Reflect.ownKeys(changes)])],
      getOwnPropertyDescriptor: (target, key) => Object.getOwnPropertyDescriptor(target, key) ?? ownOf(changes, key),
      get(target, key) {
        const value: unknown = Reflect.get(key in changes ? changes : target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  const createManager: typeof QueueManager.create = async (...args) => {
    const manager = await QueueManager.create(...args);
    const queue = manager.queue.bind(manager);
    const made = new Map<Queue, Queue>();
    const spoiledOnce = (one: Queue): Queue => {
      const known = made.get(one) ?? spoiled(one);
      made.set(one, known);
      return known;
    };
    return Object.assign(manager, { queue: (name?: string) => spoiledOnce(queue(name)) });
  };
  return { ...memoryHarness, name: 'with a bug', engines: { createManager } };
}

/** Whoever asks a proxy must be told that it can be configured. */
function ownOf(changes: object, key: PropertyKey): PropertyDescriptor | undefined {
  const own = Object.getOwnPropertyDescriptor(changes, key);
  return own && { ...own, configurable: true };
}

const place = '^Queue.publish options.priority$';

describe('the oracle of bad input', function () {
  this.timeout(60_000);

  const bugs: readonly (readonly [string, RegExp, (publish: Publish) => Publish])[] = [
    [
      'an error that names no field',
      /without a word of priority/,
      (publish) => async (type, payload, options) => {
        if (options === undefined) return publish(type, payload);
        throw new ConfigError('the options are wrong');
      },
    ],
    [
      'an error of no type of ours',
      /no QuaysideError: TypeError: priority/,
      (publish) => async (type, payload, options) => {
        if (options === undefined) return publish(type, payload);
        throw new TypeError('priority');
      },
    ],
    [
      'an error that blames the backend',
      /as a fault of the backend/,
      (publish) => async (type, payload, options) => {
        if (options === undefined) return publish(type, payload);
        throw new ConnectionError('priority: got it; allowed is another');
      },
    ],
    [
      'a text that drowns whoever logs it',
      /a text of \d+ characters/,
      (publish) => async (type, payload, options) => {
        if (options === undefined) return publish(type, payload);
        throw new ConfigError(`priority: ${'x'.repeat(10_000)}`);
      },
    ],
    ['a wrong value that is taken', /is taken/, (publish) => (type, payload) => publish(type, payload)],
    [
      'a call that hangs',
      /does not settle/,
      (publish) => (type, payload, options) => (options === undefined ? publish(type, payload) : new Promise(() => {})),
    ],
    [
      'a rejection that nobody catches',
      /nobody caught Error: astray/,
      (publish) => (type, payload, options) => {
        if (options !== undefined) void Promise.reject(new Error('astray'));
        return publish(type, payload, options);
      },
    ],
    [
      'a neighbour that is lost',
      /neighbours did not arrive/,
      (publish) => {
        let count = 0;
        return async (type, payload, options) =>
          options === undefined && ++count === 20 ? { id: 'lost', isDeduplicated: false } : publish(type, payload, options);
      },
    ],
    [
      'a refusal that leaves a trace',
      /total_published went from/,
      (publish) => async (type, payload, options) => {
        if (options !== undefined) await publish('fuzzed', 'a trace');
        return publish(type, payload, options);
      },
    ],
  ];

  for (const [name, complaint, plant] of bugs) {
    it(`notices ${name}`, async () => {
      const run = await testOf(
        withBug((publish) => ({ publish: plant(publish) })),
        place,
      );
      const uncaught: unknown[] = [];
      // The runner would count what is planted as a failure of this test.
      const mochas = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      process.on('unhandledRejection', (reason) => void uncaught.push(reason));
      try {
        await assert.rejects(run(), complaint);
      } finally {
        process.removeAllListeners('unhandledRejection');
        for (const listener of mochas) process.on('unhandledRejection', listener);
      }
    });
  }

  it('finds nothing where there is no bug', async () => {
    await (await testOf(memoryHarness, place))();
  });

  it('fails for a method without a row', async () => {
    const run = await testOf(
      withBug(() => ({ resurrect: () => undefined }) as Partial<Queue>),
      '^Queue has a row',
    );
    await assert.rejects(run(), /resurrect/);
  });
});
