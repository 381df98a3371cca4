import assert from 'node:assert/strict';
import { defineMessages, PayloadError } from '@quayside/core';
import { z } from 'zod';
import type { QueueCase } from './queue-case.js';
import { untilDead } from './recorded-worker.js';

const speech = z.object({ track: z.string(), seconds: z.number().positive() });
const definitions = defineMessages({ speech });

const older = defineMessages({ speech: z.object({ file: z.string() }) });
const newer = defineMessages({
  speech: {
    version: 3,
    schema: speech,
    upcast: {
      1: (payload) => ({ track: (payload as { file: string }).file }),
      2: (payload) => ({ ...(payload as object), seconds: 60 }),
    },
  },
});

/** What a declared message type refuses never reaches a handler, and versions meet during a rolling deployment. */
export const schemaCases: readonly QueueCase[] = [
  {
    id: 'Q-42',
    title: 'a payload that fails its schema at delivery: dead with invalid-payload and the issues; the handler never runs',
    async run(context) {
      const undeclared = (await context.peer()).queue();
      const worker = context.queue({ definitions });
      const seen = context.recorder();
      worker.process('speech', seen.handle);
      const { id } = await undeclared.publish('speech', { track: 7, seconds: -1 });
      await undeclared.publish('speech', { track: 'a.wav', seconds: 3 });
      await worker.start();
      await untilDead(context, undeclared, id);
      await context.eventually(() => seen.ended.length === 1, 'the valid neighbour is handled');
      assert.deepEqual(seen.payloads, [{ track: 'a.wav', seconds: 3 }]);
      const dead = await undeclared.deadLetters.get(id);
      assert.equal(dead?.reason, 'invalid-payload');
      const shown = dead.errors.at(-1);
      assert.equal(shown?.code, 'ERR_QUAYSIDE_PAYLOAD');
      assert.match(shown.message, /payload\.track/);
      assert.match(shown.message, /payload\.seconds/);
    },
  },
  {
    id: 'Q-42',
    title: 'an asynchronous schema holds as well',
    async run(context) {
      const known = defineMessages({
        speech: z.object({ track: z.string() }).refine(async ({ track }) => track.endsWith('.wav'), 'not a sound'),
      });
      const undeclared = (await context.peer()).queue();
      const worker = context.queue({ definitions: known });
      const seen = context.recorder();
      worker.process('speech', seen.handle);
      const { id } = await undeclared.publish('speech', { track: 'a.txt' });
      await undeclared.publish('speech', { track: 'a.wav' });
      await worker.start();
      await untilDead(context, undeclared, id);
      await context.eventually(() => seen.ended.length === 1, 'the valid neighbour is handled');
      assert.deepEqual(seen.payloads, [{ track: 'a.wav' }]);
      const dead = await undeclared.deadLetters.get(id);
      assert.equal(dead?.reason, 'invalid-payload');
      assert.match(dead.errors.at(-1)?.message ?? '', /not a sound/);
    },
  },
  {
    id: 'Q-42',
    title: 'the publisher that declares the type is refused, and nothing is stored',
    async run(context) {
      const queue = context.queue({ definitions });
      await assert.rejects(queue.publish('speech', { track: 'a.wav', seconds: -1 }), (error) => {
        assert.ok(error instanceof PayloadError);
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          ['payload.seconds'],
        );
        return true;
      });
      assert.equal((await queue.stats()).total_published, 0);
    },
  },
  {
    id: 'Q-43',
    title: 'an older payload is brought up to the version of the worker, step by step',
    async run(context) {
      const publisher = (await context.peer()).queue({ definitions: older });
      const worker = context.queue({ definitions: newer });
      const seen = context.recorder();
      worker.process('speech', seen.handle);
      await publisher.publish('speech', { file: 'a.wav' });
      await worker.start();
      await context.eventually(() => seen.ended.length === 1, 'it is handled');
      assert.deepEqual(seen.payloads, [{ track: 'a.wav', seconds: 60 }]);
    },
  },
  {
    id: 'Q-43',
    title: 'a newer payload than the worker knows goes back uncounted, for a worker that knows it',
    async run(context) {
      const [publisher, outdated] = [context.queue({ definitions: newer }), (await context.peer()).queue({ definitions: older })];
      const [seenByOutdated, seen] = [context.recorder(), context.recorder()];
      outdated.process('speech', seenByOutdated.handle);
      const givenBack: string[] = [];
      outdated.on('settled', (_, ending) => void givenBack.push(ending.outcome === 'release' ? ending.why : ending.outcome));
      const { id } = await publisher.publish('speech', { track: 'a.wav', seconds: 3 }, { maxRetries: 0, maxDeliveries: 1_000 });
      await outdated.start();
      await context.within('5s', () => givenBack.length >= 2, 'the outdated worker gave it back twice');
      assert.deepEqual(
        givenBack.filter((why) => why !== 'newer-version'),
        [],
      );
      assert.equal((await publisher.find(id))?.attempts, 0);
      publisher.process('speech', seen.handle);
      await publisher.start();
      await context.within('10s', () => seen.ended.length === 1, 'the newer worker handles it');
      assert.deepEqual(
        seen.starts.map(({ message, attempt }) => [message.payload, attempt]),
        [[{ track: 'a.wav', seconds: 3 }, 1]],
      );
      assert.deepEqual(seenByOutdated.starts, []);
    },
  },
  {
    id: 'Q-43',
    title: 'a newer payload that no worker knows is dead after maxDeliveries hand-overs, unread',
    async run(context) {
      const [publisher, outdated] = [context.queue({ definitions: newer }), (await context.peer()).queue({ definitions: older })];
      const seen = context.recorder();
      outdated.process('speech', seen.handle);
      const { id } = await publisher.publish('speech', { track: 'a.wav', seconds: 3 }, { maxDeliveries: 3 });
      await outdated.start();
      await untilDead(context, publisher, id);
      const dead = await publisher.deadLetters.get(id);
      assert.deepEqual([dead?.reason, dead?.deliveries, dead?.attempts], ['deliveries-exhausted', 3, 0]);
      assert.deepEqual(seen.starts, []);
    },
  },
];
