/** What an older, a newer or another program stored, cut short, or damaged: each is read on, or ends in the dead letters with its reason. */
import assert from 'node:assert/strict';
import { type DeadReason, type MessageView, QuaysideError, type StoredMessage } from '@quayside/core';
import fc from 'fast-check';
import { QueueContext } from '../queue/context.js';
import type { FuzzAmount, FuzzCase } from './cases.js';
import { describe } from './oracle.js';
import { Outbreaks } from './outbreaks.js';

/** `given back`: uncounted, for a worker that knows it. */
type Fate = 'handled' | 'given back' | DeadReason;

interface Envelope {
  readonly name: string;
  readonly stored: Partial<StoredMessage>;
  /** What may become of it. */
  readonly fates: readonly Fate[];
}

const type = 'envelope';
const corrupt: readonly Fate[] = ['corrupt'];
const readOn: readonly Fate[] = ['handled'];
const meta = (value: unknown) => ({ meta: JSON.stringify(value) });

const envelopes: readonly Envelope[] = [
  { name: 'all by default', stored: {}, fates: readOn },
  { name: 'fields of a later version that this one need not know', stored: meta({ later: { any: ['thing'] }, r: 2 }), fates: readOn },
  { name: 'a later layout', stored: meta({ l: 2 }), fates: ['given back'] },
  { name: 'a layout that is none', stored: meta({ l: 'two' }), fates: corrupt },
  { name: 'a payload of another codec', stored: { payload: '\u0000\u0001MSGPACK' }, fates: corrupt },
  { name: 'a payload cut short', stored: { payload: '{"text":"cut sh' }, fates: corrupt },
  { name: 'no payload', stored: { payload: '' }, fates: corrupt },
  { name: 'a payload with __proto__', stored: { payload: '{"__proto__":{"isAdmin":true}}' }, fates: readOn },
  { name: 'an envelope cut short', stored: { meta: '{"r":2,"h":{"a":"b"' }, fates: corrupt },
  { name: 'an envelope that is no JSON', stored: { meta: 'nonsense' }, fates: corrupt },
  { name: 'an envelope that is no object', stored: meta([1, 2]), fates: corrupt },
  { name: 'headers that are none', stored: meta({ h: 5 }), fates: corrupt },
  { name: 'a header that is no text', stored: meta({ h: { trace: 5 } }), fates: corrupt },
  { name: 'retries that are no number', stored: meta({ r: 'x' }), fates: corrupt },
  { name: 'hand-overs that are no number', stored: meta({ d: {} }), fates: corrupt },
  { name: 'a timeout that is no number', stored: meta({ t: 'soon' }), fates: corrupt },
  { name: 'an expiry that is no number', stored: meta({ e: 'never' }), fates: corrupt },
  { name: 'a publishing time that is no number', stored: meta({ p: '' }), fates: corrupt },
  { name: 'a version that is no number', stored: meta({ v: 'two' }), fates: corrupt },
  { name: 'a backoff that is none', stored: meta({ b: 'often' }), fates: corrupt },
];

/** Hand-overs of what no worker here can take, at most; each waits twice as long as the one before. */
const bound = '30s';

function fateShownBy(found: MessageView | undefined): string | undefined {
  if (found?.state === 'dead') return found.reason ?? 'dead';
  return found !== undefined && found.deliveries > 2 && found.attempts === 0 ? 'given back' : undefined;
}

async function fatesOf(context: QueueContext, stored: readonly Partial<StoredMessage>[]): Promise<readonly string[]> {
  const outbreaks = Outbreaks.watch();
  context.scope.onEnd(() => outbreaks.end());
  const queue = context.queue({ maxRetries: 1, backoff: { type: 'fixed', delay: 10, jitter: 'none' } });
  const handled = new Set<string>();
  queue.process(type, ({ id }) => void handled.add(id));
  const client = context.client();
  const neighbours: string[] = [];
  const fates: Promise<string>[] = [];
  for (const changes of stored) {
    neighbours.push(...(await client.publishMany(1, { type })));
    fates.push(fateOf(client.message({ type, ...changes })));
  }
  async function fateOf(message: StoredMessage): Promise<string> {
    try {
      await client.publish(message);
    } catch (error) {
      return error instanceof QuaysideError ? `refused: ${error.message}` : `refused as ${describe(error)}`;
    }
    let fate = 'unknown';
    const hasFate = async () => {
      if (handled.has(message.id)) fate = 'handled';
      else fate = fateShownBy(await queue.find(message.id)) ?? 'unknown';
      return fate !== 'unknown';
    };
    await context.within(bound, hasFate, 'what becomes of it');
    return fate;
  }
  await queue.start();
  const answers = await Promise.all(fates);
  await context.within(bound, () => neighbours.every((id) => handled.has(id)), 'the neighbours are handled');
  assert.deepEqual((await outbreaks.settled()).map(describe), []);
  return answers;
}

export function envelopeCases({ seed, runs }: FuzzAmount): readonly FuzzCase[] {
  return [
    {
      id: 'Envelope',
      title: 'of another version, cut short or damaged',
      port: 'queue',
      async run(scope) {
        const fates = await fatesOf(
          await QueueContext.open(scope),
          envelopes.map(({ stored }) => stored),
        );
        const wrong = envelopes.flatMap(({ name, fates: allowed }, index) => {
          const fate = fates[index] ?? '';
          return allowed.includes(fate as Fate) ? [] : [`${name}: ${fate}`];
        });
        assert.deepEqual(wrong, []);
      },
    },
    {
      id: 'Envelope',
      title: 'with anything in place of it',
      port: 'queue',
      async run(scope) {
        const context = await QueueContext.open(scope);
        const text = fc.oneof(
          fc.json(),
          fc.string({ unit: 'binary', maxLength: 30 }).map((any) => any.replaceAll('\n', ' ')),
        );
        const stored = fc.sample(fc.record({ meta: text, payload: text }), { seed, numRuns: 30 * runs });
        const ends: readonly string[] = ['handled', 'corrupt', 'given back'];
        const fates = await fatesOf(context, stored);
        const wrong = fates.flatMap((fate, index) => (ends.includes(fate) ? [] : [`${JSON.stringify(stored[index])}: ${fate}`]));
        assert.deepEqual(wrong, []);
      },
    },
  ];
}
