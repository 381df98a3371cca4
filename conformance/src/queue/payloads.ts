import assert from 'node:assert/strict';
import { type Codec, PayloadError, type Queue } from '@quayside/core';
import fc from 'fast-check';
import type { QueueContext } from './context.js';
import type { QueueCase } from './queue-case.js';

/** What the catalogue names; each must arrive equal. */
const carried: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1.5,
  -1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.EPSILON,
  1e21,
  12_345_678_901_234_568,
  0.1 + 0.2,
  '',
  ' ',
  'null',
  '{"a":1}',
  'emoji 👩‍👩‍👧‍👦 🇨🇳',
  'مرحبا بالعالم ‏RTL‏',
  '会议系统',
  'NUL \u0000 in the middle',
  'line \u2028 and \u2029 separators',
  'tab\tcr\rlf\nbackslash\\quote"',
  '\u0007\u001b[31m\u007f',
  'é is not e\u0301',
  [],
  {},
  [[]],
  [{}],
  { '': '' },
  [null, [null]],
  { nothing: null, list: [], text: '', zero: 0, no: false },
  { 'key with "quotes"': 1, ключ: 2, '💥': 3, '0': 4, a: { b: { c: { d: [1, [2, [3, { e: 'deep' }]]] } } } },
  Array.from({ length: 1_000 }, (_, index) => ({ index, even: index % 2 === 0 })),
];

/** Delivers each payload, in order, through one worker. */
async function deliver(context: QueueContext, queue: Queue, payloads: readonly unknown[]): Promise<readonly unknown[]> {
  const seen = context.recorder();
  queue.process('task', seen.handle);
  await queue.start();
  await queue.publishBatch(payloads.map((payload) => ({ type: 'task', payload })));
  await context.eventually(() => seen.ended.length >= payloads.length, `${payloads.length} payloads arrive`);
  return seen.payloads;
}

function circle(): unknown {
  const start: Record<string, unknown> = { name: 'start' };
  start.self = start;
  return start;
}

const refused: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a BigInt', 10n],
  ['a circle', circle()],
  ['a function inside', { list: [1, { call: () => 1 }] }],
  ['a symbol inside', [Symbol('s')]],
  ['a BigInt inside', { a: { b: 10n } }],
  ['a symbol as key', { [Symbol('key')]: 1 }],
];

/** JSON would change these on the way: they are refused, or a richer codec carries them. */
const changedByJson: readonly (readonly [string, unknown])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a Date', new Date(0)],
  ['a Map', new Map([['a', 1]])],
  ['a Set', new Set([1])],
  ['bytes', new Uint8Array([1, 2, 3])],
  ['a Buffer', Buffer.from('abc')],
  ['an Error', new Error('lost')],
  ['a RegExp', /a/g],
  [
    'an instance of a class',
    new (class Point {
      readonly x = 1;
    })(),
  ],
  ['undefined in an array', [1, undefined, 3]],
  ['a hole in an array', Array.from({ length: 3 }).fill(1, 0, 1)],
  ['an object with toJSON', { toJSON: () => 'other' }],
];

/** The value arrives unchanged, or its publish is refused with a path; there is no third way. */
async function assertCarriedOrRefused(queue: Queue, name: string, value: unknown): Promise<void> {
  for (const payload of [value, { nested: [value] }]) {
    try {
      await queue.publish('task', payload);
    } catch (error) {
      assert.ok(error instanceof PayloadError, `${name}: ${String(error)}`);
      assert.ok(error.issues.length > 0 && error.issues.every(({ path }) => path.startsWith('payload')), `${name}: ${String(error)}`);
      continue;
    }
    const [delivery] = await queue.receive();
    assert.deepEqual(delivery?.message.payload, payload, `${name} was changed`);
    await delivery?.ack();
  }
}

/** Carries bytes, as JSON text: what a user's richer codec may look like. */
const bytesCodec: Codec = {
  encode: (value) => JSON.stringify(value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : { value }),
  decode(text) {
    const { bytes, value } = JSON.parse(text) as { readonly bytes?: string; readonly value?: unknown };
    return bytes === undefined ? value : new Uint8Array(Buffer.from(bytes, 'base64'));
  },
};

/** Payloads arrive as they were at the call of publish, or are refused before anything is written. */
export const payloadCases: readonly QueueCase[] = [
  {
    id: 'Q-02',
    title: 'nested, empty, numeric and Unicode payloads arrive equal',
    async run(context) {
      assert.deepEqual(await deliver(context, context.queue({ concurrency: 1 }), carried), carried);
    },
  },
  {
    id: 'Q-02',
    title: 'a payload of exactly the largest size arrives equal',
    async run(context) {
      const queue = context.queue();
      const bytes = Math.min(1024 * 1024, queue.capabilities.maxPayloadBytes ?? Number.POSITIVE_INFINITY);
      const largest = 'x'.repeat(bytes - 2);
      assert.deepEqual(await deliver(context, queue, [largest]), [largest]);
    },
  },
  {
    id: 'Q-02',
    title: 'a lone surrogate arrives equal or is refused',
    async run(context) {
      const queue = context.queue();
      for (const text of ['\ud800', 'a\udc00b', '\udfff\ud800']) await assertCarriedOrRefused(queue, JSON.stringify(text), text);
    },
  },
  {
    id: 'Q-02',
    title: 'a property that is undefined is left out, and -0 arrives as 0',
    async run(context) {
      const queue = context.queue();
      const [payload] = await deliver(context, queue, [{ gone: undefined, zero: -0, kept: 1 }]);
      assert.deepEqual(payload, { zero: 0, kept: 1 });
    },
  },
  {
    id: 'Q-02',
    title: 'any JSON value arrives equal (random, by seed)',
    async run(context) {
      // Once through JSON, since -0 does not survive it.
      const values = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
      const payloads = fc.sample(values, { numRuns: 300, seed: context.scope.seed });
      assert.deepEqual(await deliver(context, context.queue({ concurrency: 1 }), payloads), payloads);
    },
  },
  {
    id: 'Q-03',
    title: 'what no codec can carry is refused with PayloadError, and nothing is written',
    async run(context) {
      const queue = context.queue();
      const before = await queue.stats();
      for (const [name, payload] of refused) await assert.rejects(queue.publish('task', payload), PayloadError, name);
      assert.deepEqual(await queue.stats(), before);
      const marker = await queue.publish('task', 'marker');
      const deliveries = await queue.receive({ max: 100 });
      assert.deepEqual(
        deliveries.map(({ message }) => message.id),
        [marker.id],
      );
    },
  },
  {
    id: 'Q-03',
    title: 'what JSON would change silently is refused with its path, or arrives equal',
    async run(context) {
      const queue = context.queue();
      for (const [name, value] of changedByJson) await assertCarriedOrRefused(queue, name, value);
    },
  },
  {
    id: 'Q-03',
    title: 'maxPayloadBytes counts encoded bytes: at the limit it goes, one more is refused',
    async run(context) {
      const queue = context.queue({ maxPayloadBytes: 32 });
      // 30 bytes of UTF-8 in 10 characters, and two quotation marks.
      const atLimit = '€'.repeat(10);
      await assert.rejects(queue.publish('task', `${atLimit}x`), PayloadError);
      await queue.publish('task', atLimit);
      assert.equal((await queue.stats()).total_published, 1);
      const tooLarge = 'x'.repeat(1024 * 1024 - 1);
      await assert.rejects(context.queue({ name: 'default' }).publish('task', tooLarge), PayloadError);
    },
  },
  {
    id: 'Q-04',
    title: 'changing the payload and headers after the call of publish changes nothing',
    async run(context) {
      const queue = context.queue();
      const payload = { list: [1, 2], inner: { name: 'before' } };
      const headers = { trace: 'before' };
      const published = queue.publish('task', payload, { headers });
      const items = [{ type: 'task', payload: { name: 'before' } }];
      const batch = queue.publishBatch(items);
      payload.list.push(3);
      payload.inner.name = 'after';
      headers.trace = 'after';
      for (const item of items) item.payload.name = 'after';
      await Promise.all([published, batch]);
      const deliveries = await queue.receive({ max: 2 });
      assert.deepEqual(
        deliveries.map(({ message }) => [message.payload, message.headers]),
        [
          [{ list: [1, 2], inner: { name: 'before' } }, { trace: 'before' }],
          [{ name: 'before' }, {}],
        ],
      );
    },
  },
  {
    id: 'Q-04',
    title: 'what a handler does to its payload reaches neither the next attempt nor another reader',
    async run(context) {
      const queue = context.queue({ backoff: { type: 'fixed', delay: 0 } });
      const payloads: unknown[] = [];
      queue.process('task', async ({ id, payload }, { attempt }) => {
        payloads.push(structuredClone(payload));
        (payload as { list: number[] }).list.push(99);
        const view = await queue.find(id);
        payloads.push(view?.message.payload);
        if (attempt === 1) throw new Error('once more');
      });
      await queue.publish('task', { list: [1] });
      await queue.start();
      await context.within('1s', () => payloads.length === 4, 'two attempts');
      assert.deepEqual(payloads, [{ list: [1] }, { list: [1] }, { list: [1] }, { list: [1] }]);
    },
  },
  {
    id: 'Q-04',
    title: 'the publisher keeps an object of its own: a handler that changes its payload changes no other',
    async run(context) {
      const queue = context.queue();
      const payload = { list: [1] };
      await queue.publishBatch([
        { type: 'task', payload },
        { type: 'task', payload },
      ]);
      const [first, second] = await queue.receive({ max: 2 });
      const received = first?.message.payload as { list: number[] };
      received.list.push(99);
      assert.deepEqual(second?.message.payload, { list: [1] });
      assert.deepEqual(payload, { list: [1] });
    },
  },
  {
    id: 'Q-04',
    title: '__proto__ and constructor as keys pollute nothing: they arrive as plain data or are refused',
    async run(context) {
      const queue = context.queue();
      const hostile = JSON.parse(
        '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":null}}',
      ) as unknown;
      await assertCarriedOrRefused(queue, '__proto__', hostile);
      const headers = JSON.parse('{"__proto__":"polluted","constructor":"polluted"}') as Record<string, string>;
      await queue.publish('task', 'work', { headers });
      const [delivery] = await queue.receive();
      assert.deepEqual(Object.entries(delivery?.message.headers ?? {}), Object.entries(headers));
      assert.equal(Reflect.get({}, 'polluted'), undefined);
    },
  },
  {
    id: 'Q-17',
    title: 'bytes arrive equal where the codec carries them',
    async run(context) {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      assert.deepEqual(await deliver(context, context.queue({ codec: bytesCodec }), [bytes, 'text']), [bytes, 'text']);
    },
  },
];
