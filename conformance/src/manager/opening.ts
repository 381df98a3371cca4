import assert from 'node:assert/strict';
import { ConnectionError } from '@quayside/core';
import type { ManagerCase } from './manager-case.js';

const never = () => new Promise<never>(() => undefined);

/** One backend that can't be opened, beside others that can. */
export const openingCases: readonly ManagerCase[] = [
  {
    id: 'M-04',
    title: 'one backend that refuses: create rejects with its error and closes the others',
    needs: ['patterns'],
    async run(context) {
      const refusing = context.adapter({
        type: 'refusing',
        before: async () => {
          throw new ConnectionError('connect ECONNREFUSED 127.0.0.1:1');
        },
      });
      const error = await context.refusal('5s', mixedWith('refusing'), { adapters: [context.suite, refusing] });
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /ECONNREFUSED/);
      await context.eventually(() => context.suite.closed === context.suite.opened.length, 'the other is closed');
      assert.equal(context.suite.opened.length, 1);
    },
  },
  {
    id: 'M-04',
    title:
      'one backend that does not answer: create rejects within connect_timeout and a second, closes the others, and tells it to give up',
    needs: ['patterns'],
    async run(context) {
      const dead = context.adapter({ type: 'dead', before: never });
      const config = { ...mixedWith('dead'), connect_timeout: 2 };
      const begun = context.now();
      const error = await context.refusal('4s', config, { adapters: [context.suite, dead] });
      assert.ok(error instanceof ConnectionError);
      assert.match(error.message, /dead/);
      assert.ok(context.now() - begun <= 3500, `it took ${context.now() - begun} ms`);
      assert.deepEqual([context.suite.opened.length, context.suite.closed], [1, 1]);
      assert.equal(dead.contexts[0]?.signal?.aborted, true);
    },
  },
  {
    id: 'M-04',
    title: 'a backend that opens after create has given up is closed then',
    needs: ['patterns'],
    async run(context) {
      const gate = context.gate();
      const late = context.adapter({ type: 'late', before: () => gate.opened });
      const error = await context.refusal('4s', { ...mixedWith('late'), connect_timeout: 1 }, { adapters: [context.suite, late] });
      assert.ok(error instanceof ConnectionError);
      assert.equal(late.closed, 0);
      gate.open();
      await context.eventually(() => late.closed === 1, 'the late one is closed');
    },
  },
  {
    id: 'M-04',
    title: "a server that is not there: the adapter's own connection is refused in its bound, with a ConnectionError",
    needs: ['openUnreachable'],
    timeoutMs: 30_000,
    async run(context) {
      const { harness } = context.scope;
      const unreachable = context.adapter({
        type: 'unreachable',
        before: async (_, adapterContext) => harness.openUnreachable?.(adapterContext, 'no secret'),
      });
      const config = { ...mixedWith('unreachable'), connect_timeout: 3 };
      const error = await context.refusal('6s', config, { adapters: [context.suite, unreachable] });
      assert.ok(error instanceof ConnectionError, `${error}`);
      assert.deepEqual([context.suite.opened.length, context.suite.closed], [1, 1]);
    },
  },
];

/** A config of the suite's own backend and another one. The harness may lack one of the two ports. */
function mixedWith(type: string): object {
  return { pubsub: { type: 'suite' }, event_bus: { type } };
}
