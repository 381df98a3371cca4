import assert from 'node:assert/strict';
import { type ChannelEvent, type Codec, defineMessages, PayloadError } from '@quayside/core';
import { z } from 'zod';
import { carriedPayloads, refusedPayloads } from './payloads.js';
import type { PubSubCase } from './pubsub-case.js';

/** What may be published, and that nobody shares an object with anybody. */
export const payloadCases: readonly PubSubCase[] = [
  {
    id: 'P-10',
    title: 'payloads arrive equal: at the edges of Unicode, of numbers and of emptiness',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('payloads', seen.handle);
      for (const [index, [name, payload]] of carriedPayloads.entries()) {
        await pubsub.publish('payloads', payload);
        await context.eventually(() => seen.events.length > index, `${name} arrives`);
        assert.deepEqual(seen.events[index]?.payload, payload, name);
      }
    },
  },
  {
    id: 'P-10',
    title: 'a property that is undefined is left out, and -0 arrives as 0, as in JSON',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('payloads', seen.handle);
      await pubsub.publish('payloads', { kept: -0, left: undefined });
      await context.eventually(() => seen.events.length === 1, 'the event arrives');
      assert.deepEqual(seen.events[0]?.payload, { kept: 0 });
    },
  },
  {
    id: 'P-10',
    title: 'what the codec cannot carry is refused with PayloadError before anything is sent',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('payloads', seen.handle);
      for (const [name, make] of refusedPayloads) {
        await assert.rejects(pubsub.publish('payloads', make()), PayloadError, name);
      }
      await pubsub.publish('payloads', 'marker');
      await context.eventually(() => seen.has('marker'), 'the marker arrives');
      assert.deepEqual(seen.payloads, ['marker']);
      assert.equal(pubsub.stats().total_published, 1);
    },
  },
  {
    id: 'P-10',
    title: 'a payload of maxPayloadBytes arrives, one byte more is refused, counted in bytes and not in characters',
    async run(context) {
      const pubsub = context.pubsub({ maxPayloadBytes: 1000 });
      const seen = context.recorder();
      await pubsub.subscribe('payloads', seen.handle);
      await assert.rejects(pubsub.publish('payloads', 'x'.repeat(999)), PayloadError);
      await assert.rejects(pubsub.publish('payloads', 'é'.repeat(500)), PayloadError);
      const [ascii, latin] = ['x'.repeat(998), 'é'.repeat(499)];
      await pubsub.publish('payloads', ascii);
      await pubsub.publish('payloads', latin);
      await context.eventually(() => seen.events.length === 2, 'both arrive');
      assert.deepEqual(seen.payloads, [ascii, latin]);
    },
  },
  {
    id: 'P-10',
    title: "large events of one tick arrive in order, whatever the backend's largest frame is",
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('large', seen.handle);
      const payloads = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(400_000));
      await Promise.all(payloads.map((payload) => pubsub.publish('large', payload)));
      await context.eventually(() => seen.events.length === 8, 'all arrive');
      assert.ok(
        seen.payloads.every((payload, index) => payload === payloads[index]),
        'each arrives whole, in order',
      );
    },
  },
  {
    id: 'P-10',
    title: 'no frame is larger than the transport takes: what fits in none is refused, the rest of a tick is shared out, in order',
    async run(context) {
      const pubsub = context.pubsub({ capabilities: { maxFrameBytes: 2000 } });
      const seen = context.recorder();
      await pubsub.subscribe('large', seen.handle);
      const payloads = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(40 * index, 'é'));
      const tooLarge = assert.rejects(pubsub.publish('large', 'x'.repeat(2000)), PayloadError);
      await Promise.all(payloads.map((payload) => assert.doesNotReject(pubsub.publish('large', payload.slice(0, 900)))));
      await tooLarge;
      await context.eventually(() => seen.events.length === 40, 'all arrive');
      assert.deepEqual(
        seen.payloads,
        payloads.map((payload) => payload.slice(0, 900)),
      );
      const { largestFrameBytes } = context.link(pubsub);
      assert.ok(largestFrameBytes > 1000 && largestFrameBytes <= 2000, `the largest frame has ${largestFrameBytes} bytes`);
    },
  },
  {
    id: 'P-10',
    title: "a stranger's JSON is an event with an id and no headers; what is no JSON is told, and harms no later event",
    async run(context) {
      const [pubsub, stranger] = [context.pubsub(), (await context.peer()).transport()];
      const seen = context.recorder();
      const told: { readonly error: Error; readonly channel?: string }[] = [];
      pubsub.on('error', (error, where) => void told.push({ error, ...where }));
      await pubsub.subscribe('open', seen.handle);
      const { signal } = new AbortController();
      for (const body of ['{"plain":[1,2]}', 'not JSON', '"text"', '{"q":999,"i":"x","e":"y","s":1,"p":1}']) {
        await stranger.publish([{ channel: 'open', body }], signal);
      }
      await pubsub.publish('open', 'marker');
      await context.eventually(() => seen.has('marker') && told.length === 2, 'the marker arrives');
      assert.deepEqual(seen.payloads, [{ plain: [1, 2] }, 'text', 'marker']);
      const [first, second] = seen.events;
      assert.ok(first !== undefined && second !== undefined && first.id.length > 0 && first.id !== second.id);
      assert.deepEqual([Object.keys(first.headers), first.channel], [[], 'open']);
      assert.ok(told.every(({ error, channel }) => error instanceof Error && channel === 'open'));
    },
  },
  {
    id: 'P-10',
    title: 'a change to the published object, or by one handler, is seen by no handler',
    async run(context) {
      const pubsub = context.pubsub();
      const changing = context.recorder(({ payload }) => {
        (payload as { list: number[] }).list.push(99);
        (payload as { name: string }).name = 'changed';
      });
      const seen = context.recorder();
      await pubsub.subscribe('shared', changing.handle);
      await pubsub.subscribe('shared', seen.handle);
      await pubsub.subscribe('*', seen.handle);
      const payload = { name: 'as published', list: [1] };
      const published = pubsub.publish('shared', payload);
      payload.list.push(2);
      await published;
      payload.name = 'changed by the publisher';
      await context.eventually(() => seen.events.length === 2 && changing.ended.length === 1, 'all handlers run');
      assert.deepEqual(seen.payloads, [
        { name: 'as published', list: [1] },
        { name: 'as published', list: [1] },
      ]);
      assert.deepEqual(payload, { name: 'changed by the publisher', list: [1, 2] });
    },
  },
  {
    id: 'P-10',
    title: 'the keys __proto__ and constructor pollute nothing',
    async run(context) {
      const pubsub = context.pubsub();
      const seen = context.recorder();
      await pubsub.subscribe('keys', seen.handle);
      const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
      await pubsub.publish('keys', JSON.parse(text));
      await context.eventually(() => seen.events.length === 1, 'the event arrives');
      const payload = seen.events[0]?.payload as object;
      assert.equal(JSON.stringify(payload), text);
      assert.deepEqual(Object.keys(payload), ['__proto__', 'constructor']);
      assert.equal('polluted' in {}, false);
    },
  },
  {
    id: 'P-10',
    title: 'a declared channel is checked at publish and again at delivery: an invalid event is told, and runs no handler',
    async run(context) {
      const definitions = defineMessages({ score: z.object({ points: z.number() }) });
      const declared = context.pubsub({ definitions });
      const undeclared = (await context.peer()).pubsub();
      const seen: ChannelEvent<{ points: number }>[] = [];
      const told: { readonly error: Error; readonly channel?: string; readonly id?: string }[] = [];
      declared.on('error', (error, where) => void told.push({ error, ...where }));
      await declared.subscribe('score', (event) => void seen.push(event));
      const wrong: unknown = { points: 'many' };
      await assert.rejects(declared.publish('score', wrong as { points: number }), (error) => {
        assert.ok(error instanceof PayloadError);
        assert.deepEqual(
          error.issues.map(({ path }) => path),
          ['payload.points'],
        );
        return true;
      });
      const id = await undeclared.publish('score', wrong);
      await declared.publish('score', { points: 3 });
      await context.eventually(() => seen.length === 1 && told.length === 1, 'the valid one is handled, the invalid one told');
      assert.deepEqual(seen[0]?.payload, { points: 3 });
      assert.ok(told[0]?.error instanceof PayloadError);
      assert.deepEqual([told[0].channel, told[0].id], ['score', id]);
    },
  },
  {
    id: 'P-10',
    title: 'a richer codec carries what JSON cannot',
    async run(context) {
      const codec: Codec = {
        encode: (value) => JSON.stringify({ at: (value as Date).toISOString() }),
        decode: (text) => new Date((JSON.parse(text) as { at: string }).at),
      };
      const pubsub = context.pubsub({ codec });
      const seen = context.recorder();
      await pubsub.subscribe('dates', seen.handle);
      await pubsub.publish('dates', new Date(1_234_567));
      await context.eventually(() => seen.events.length === 1, 'the event arrives');
      assert.deepEqual(seen.payloads, [new Date(1_234_567)]);
    },
  },
];
