import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';
import { openWorker, untilDead } from './recorded-worker.js';

function withCircularCause(): Error {
  const error = new Error('round');
  error.cause = error;
  return error;
}

const unreadable = new Proxy(
  {},
  {
    get() {
      throw new Error('a getter of the thrown object threw');
    },
  },
);

/** What was thrown, and what a reader of the dead letter must find. */
const oddities: readonly { readonly what: string; readonly thrown: unknown; readonly shown: RegExp }[] = [
  { what: 'a string', thrown: 'out of paper', shown: /^out of paper$/ },
  { what: 'undefined', thrown: undefined, shown: /^undefined$/ },
  { what: 'null', thrown: null, shown: /^null$/ },
  { what: 'a number', thrown: 42, shown: /^42$/ },
  { what: 'a symbol', thrown: Symbol('strange'), shown: /strange/ },
  { what: 'a frozen object', thrown: Object.freeze({ kind: 'frozen' }), shown: /frozen/ },
  { what: 'an object without a prototype', thrown: Object.assign(Object.create(null), { kind: 'bare' }), shown: /bare/ },
  { what: 'an error with a circular cause', thrown: withCircularCause(), shown: /round/ },
  { what: 'an AggregateError', thrown: new AggregateError([new Error('left'), new Error('right')], 'both'), shown: /both.*left.*right/ },
  { what: 'an error without a stack', thrown: Object.assign(new Error('bare'), { stack: undefined }), shown: /bare/ },
  { what: 'an object that throws when it is read', thrown: unreadable, shown: /./ },
];

/** Whatever a handler throws is recorded as text, and the history of a message stays small. */
export const thrownCases: readonly QueueCase[] = [
  ...oddities.map(
    ({ what, thrown, shown }): QueueCase => ({
      id: 'Q-32',
      title: `${what} thrown is recorded as text, and retried like any error`,
      async run(context) {
        const work = () => {
          throw thrown;
        };
        const worker = openWorker(context, work, { maxRetries: 1, backoff: { type: 'fixed', delay: '10ms' } });
        const { id } = await worker.queue.publish('task', 'work');
        await worker.queue.start();
        await untilDead(context, worker.queue, id);
        const dead = await worker.queue.deadLetters.get(id);
        assert.equal(dead?.reason, 'attempts-exhausted');
        assert.deepEqual(
          dead.errors.map(({ attempt }) => attempt),
          [1, 2],
        );
        for (const { name, message } of dead.errors) {
          assert.equal(typeof name, 'string');
          assert.match(message, shown);
        }
        assert.deepEqual(worker.errors, []);
      },
    }),
  ),
  {
    id: 'Q-46',
    title: 'a hundred failed attempts with long errors keep the first and the last ones, below 64 kB',
    async run(context) {
      const work = (_: unknown, { attempt }: { readonly attempt: number }) => {
        throw new Error(`attempt ${attempt} ${'ш'.repeat(20_000)}`);
      };
      const worker = openWorker(context, work, { maxRetries: 99, backoff: { type: 'fixed', delay: 0 } });
      const { id } = await worker.queue.publish('task', 'work');
      await worker.queue.start();
      await untilDead(context, worker.queue, id);
      const dead = await worker.queue.deadLetters.get(id);
      assert.equal(dead?.attempts, 100);
      const attempts = dead.errors.map(({ attempt }) => attempt);
      assert.equal(attempts[0], 1);
      assert.ok(attempts.length >= 10 && attempts.length <= 50, `${attempts.length} errors are kept`);
      assert.deepEqual(
        attempts.slice(1),
        attempts.slice(1).map((_, index, rest) => 100 - rest.length + 1 + index),
      );
      for (const { attempt, message, stack } of dead.errors) {
        assert.ok(message.startsWith(`attempt ${attempt} `), message.slice(0, 40));
        assert.ok((stack?.length ?? 0) <= 2048, `a stack of ${stack?.length}`);
      }
      assert.ok(Buffer.byteLength(JSON.stringify(dead.errors)) < 64 * 1024);
    },
  },
];
