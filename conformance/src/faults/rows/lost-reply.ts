import assert from 'node:assert/strict';
import { createQueue, type Delivery, QuaysideError, type Queue, type QueueStats } from '@quayside/core';
import { openBackend, storeOf } from '../../backends.js';
import type { TcpProxy } from '../../servers/index.js';
import { waitUntil } from '../../servers/wait-until.js';
import type { FaultCase } from '../fault-case.js';
import type { Stage } from '../stage.js';

export const lostReplyCases: readonly FaultCase[] = [
  {
    id: 'F-15',
    title:
      'the reply to one call of each kind is lost: the library has its way all the same, or says that it is unknown, and nothing is lost or doubled',
    backends: ['redis', 'bullmq'],
    run: losesReplies,
  },
];

interface Kind {
  readonly name: string;
  /** What must be there beforehand. Answers what the call is about. */
  prepare?(queue: Queue): Promise<readonly string[]>;
  call(queue: Queue, ids: readonly string[], held: readonly Delivery[]): Promise<unknown>;
  /** Whether `prepare`'s messages are handed out to the call. */
  readonly isHeld?: boolean;
  /** How the queue stands afterwards, once it is at rest; the call had its way, whether or not it could know. */
  readonly after: Partial<QueueStats>;
}

const one = async (queue: Queue) => [(await queue.publish('task', 1)).id];
const dead = async (queue: Queue) => {
  const ids = await one(queue);
  const [delivery] = await queue.receive();
  await delivery?.dead('on purpose');
  return ids;
};

/** One for each call that a queue makes to its store, and each way to settle. */
const kinds: readonly Kind[] = [
  { name: 'publish', call: (queue) => queue.publish('task', 1), after: { total_published: 1, queue_length: 1 } },
  {
    name: 'publishBatch',
    call: (queue) => queue.publishBatch([1, 2, 3].map((payload) => ({ type: 'task', payload }))),
    after: { total_published: 3, queue_length: 3 },
  },
  { name: 'delayed publish', call: (queue) => queue.publish('task', 1, { delay: '1h' }), after: { total_published: 1, delayed_count: 1 } },
  // What was claimed and never heard of comes back by its lease, uncounted.
  {
    name: 'claim',
    prepare: one,
    call: (queue) => queue.receive({ wait: '5s' }),
    after: { total_published: 1, total_failed: 0, dead_letter_count: 0 },
  },
  {
    name: 'ack',
    prepare: one,
    isHeld: true,
    call: (_, __, [delivery]) => settle(delivery?.ack()),
    after: { total_processed: 1, queue_length: 0 },
  },
  {
    name: 'retry',
    prepare: one,
    isHeld: true,
    call: (_, __, [delivery]) => settle(delivery?.retry({ delay: '1h' })),
    after: { total_retried: 1, delayed_count: 1 },
  },
  {
    name: 'dead',
    prepare: one,
    isHeld: true,
    call: (_, __, [delivery]) => settle(delivery?.dead('x')),
    after: { total_dead_letter: 1, dead_letter_count: 1 },
  },
  {
    name: 'release',
    prepare: one,
    isHeld: true,
    call: (_, __, [delivery]) => settle(delivery?.release()),
    after: { queue_length: 1, processing_count: 0 },
  },
  {
    name: 'extend',
    prepare: one,
    isHeld: true,
    call: (_, __, [delivery]) => delivery?.extend('1m') ?? Promise.resolve(),
    after: { processing_count: 1, total_stalled: 0 },
  },
  { name: 'cancel', prepare: one, call: (queue, [id = '']) => queue.cancel(id), after: { total_cancelled: 1, queue_length: 0 } },
  { name: 'remove', prepare: one, call: (queue, [id = '']) => queue.remove(id), after: { total_removed: 1, queue_length: 0 } },
  {
    name: 'promote',
    prepare: async (queue) => [(await queue.publish('task', 1, { delay: '1h' })).id],
    call: (queue, [id = '']) => queue.promote(id),
    after: { queue_length: 1, delayed_count: 0 },
  },
  {
    name: 'redrive',
    prepare: dead,
    call: (queue, ids) => queue.deadLetters.redrive(ids),
    after: { total_redriven: 1, queue_length: 1, dead_letter_count: 0 },
  },
  { name: 'purge', prepare: one, call: (queue) => queue.purge(), after: { total_removed: 1, queue_length: 0 } },
  { name: 'pause', call: (queue) => queue.pause(), after: { is_paused: true } },
  { name: 'find', prepare: one, call: (queue, [id = '']) => queue.find(id), after: { queue_length: 1 } },
  { name: 'list', prepare: one, call: (queue) => queue.list('waiting'), after: { queue_length: 1 } },
  { name: 'stats', prepare: one, call: (queue) => queue.stats(), after: { queue_length: 1 } },
];

/** A settlement may be told that the delivery is over: the lost one counted. */
function settle(work: Promise<void> | undefined): Promise<unknown> {
  return (work ?? Promise.reject(new Error('nothing was handed out'))).catch((error: unknown) => {
    if (!(error instanceof QuaysideError)) throw error;
  });
}

async function losesReplies(stage: Stage) {
  const server = await stage.redis();
  const { proxy, url } = await stage.proxy(server);
  const hurt = await openQueues(stage, url);
  const whole = await openQueues(stage, server.url);
  let unknown = 0;
  for (const kind of kinds) if ((await loseReply(kind, proxy, hurt, whole)) === 'unknown') unknown++;
  return { note: `${kinds.length} kinds of calls, ${unknown} told as unknown`, lost: 0 };
}

async function openQueues(stage: Stage, url: string): Promise<(name: string) => Queue> {
  const backend = await openBackend(stage.backend, { url }, { namespace: 'lost-replies' });
  stage.onEnd(() => backend.close());
  return (name) => {
    const queue = createQueue(name, { store: storeOf(backend, name), options: { visibilityTimeout: '1s' } });
    stage.onEnd(async () => void (await queue.stop({ graceMs: 0 })));
    return queue;
  };
}

async function prepare(kind: Kind, queue: Queue): Promise<readonly [readonly string[], readonly Delivery[]]> {
  const ids = (await kind.prepare?.(queue)) ?? [];
  return [ids, kind.isHeld === true ? await queue.receive() : []];
}

async function loseReply(
  kind: Kind,
  proxy: TcpProxy,
  hurt: (name: string) => Queue,
  whole: (name: string) => Queue,
): Promise<'known' | 'unknown'> {
  const name = `of-${kind.name.replaceAll(' ', '-')}`;
  const [queue, onlooker] = [hurt(name), whole(name)];
  const isConnected = () =>
    queue.stats().then(
      () => true,
      () => false,
    );
  await waitUntil('the connection of the call before is replaced', isConnected);
  // Once without a fault, so that the server knows the script: the reply that is lost is to be that of the work, not that the script is unknown.
  const warm = hurt(`${name}-before`);
  await kind.call(warm, ...(await prepare(kind, warm)));
  const [ids, held] = await prepare(kind, queue);
  const lost = proxy.loseReply((request) => /evalsha|hget|lrange|zrange/i.test(request.toString('latin1')));
  let fate: 'known' | 'unknown' = 'known';
  const call = kind.call(queue, ids, held).catch((error: unknown) => {
    assert.ok(error instanceof QuaysideError, `${kind.name}: ${error}`);
    fate = 'unknown';
  });
  await Promise.all([call, lost]);
  await waitUntil(`${kind.name}: ${JSON.stringify(kind.after)} holds`, async () => {
    const stats = await onlooker.stats();
    return Object.entries(kind.after).every(([figure, value]) => stats[figure as keyof QueueStats] === value);
  });
  const stats = await onlooker.stats();
  const there = stats.queue_length + stats.delayed_count + stats.processing_count + stats.dead_letter_count;
  const gone = stats.total_processed + stats.total_removed + stats.total_cancelled;
  assert.equal(stats.total_published, there + gone, `${kind.name}: ${JSON.stringify(stats)}`);
  return fate;
}
