import assert from 'node:assert/strict';
import type { QueueCase } from './queue-case.js';
import { marker, openWorker, passMarker, untilDead } from './recorded-worker.js';

/** A counter is there to be read: it must not be what stops the work. */
export const counterCases: readonly QueueCase[] = [
  {
    id: 'Q-77',
    title: 'with every counter at the largest integer of the server, messages are published, retried, buried, redriven and completed',
    needs: ['faults.exhaustCounters'],
    async run(context) {
      const { harness, namespace } = context.scope;
      const failing = ({ payload, redriveCount }: { readonly payload: unknown; readonly redriveCount: number }) => {
        assert.ok(payload === marker || redriveCount > 0, 'broken');
      };
      const worker = openWorker(context, failing, { maxRetries: 1, backoff: { type: 'fixed', delay: '10ms' } });
      await worker.queue.start();
      await passMarker(context, worker);
      await harness.faults?.exhaustCounters?.(namespace, worker.queue.name);
      await passMarker(context, worker);
      const { id } = await worker.queue.publish('task', 'work');
      await untilDead(context, worker.queue, id);
      assert.deepEqual(await worker.queue.deadLetters.redrive(id), [{ id, isRedriven: true }]);
      await context.within('5s', () => worker.seen.startsOf(id).length === 3, 'it is delivered again');
      await passMarker(context, worker);
    },
  },
];
