import { createPubSub } from '@quayside/core';
import { Redis } from 'ioredis';
import { type Contender, perSecond, type Scenario } from '../measure.js';
import { openBackend } from './quayside.js';
import { sharedServer } from './shared-server.js';

const gathered = 100;
const rounds = 5;
/** Enough that a round is not all warming up. */
const eventsARound = 100_000;
const event = { meetingId: 'weekly', participant: 'guest', kind: 'joined' };

type Channels = 'one' | 'many';
const channelOf = (channels: Channels, index: number) => (channels === 'one' ? 'meeting.weekly' : `meeting.room${index}`);

/** So many calls of a hundred events each, timed until the subscriber has all of them. */
async function received(count: number, publish: () => Promise<unknown>, whenReceived: (events: number) => Promise<void>): Promise<number> {
  return perSecond(count, async () => {
    const all = whenReceived(count);
    for (let sent = 0; sent < count; sent += gathered) await publish();
    await all;
  });
}

class Counter {
  #count = 0;
  #target = Number.POSITIVE_INFINITY;
  #resolve: () => void = () => {};
  hear(): void {
    if (++this.#count >= this.#target) this.#resolve();
  }
  reaches(count: number): Promise<void> {
    this.#count = 0;
    this.#target = count;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

const ours = (channels: Channels): Contender => ({
  name: 'quayside',
  async run() {
    const [publishing, hearing] = [await openBackend(await sharedServer()), await openBackend(await sharedServer())];
    const [sender, receiver] = [publishing, hearing].map((backend) => {
      const transport = backend.pubSubTransport?.('channels');
      if (transport === undefined) throw new Error('the redis adapter has no pub/sub');
      return createPubSub({ transport });
    });
    if (sender === undefined || receiver === undefined) throw new Error('there is no pub/sub');
    const counter = new Counter();
    await receiver.subscribe('meeting.*', () => counter.hear(), { bufferSize: 100_000 });
    const publish = () => Promise.all(Array.from({ length: gathered }, (_, index) => sender.publish(channelOf(channels, index), event)));
    const figure = await received(eventsARound, publish, (count) => counter.reaches(count));
    for (const pubsub of [sender, receiver]) await pubsub.stop();
    for (const backend of [publishing, hearing]) await backend.close();
    return figure;
  },
});

/** The same JSON, written and read; the subscriber parses it. */
const raw = (
  name: string,
  channels: Channels,
  publishAll: (client: Redis, messages: readonly (readonly [string, string])[]) => Promise<unknown>,
): Contender => ({
  name,
  async run() {
    const [sender, receiver] = [new Redis(await sharedServer()), new Redis(await sharedServer())];
    const counter = new Counter();
    let parsed: unknown;
    receiver.on('pmessage', (_pattern, _channel, text) => {
      parsed = JSON.parse(text);
      counter.hear();
    });
    await receiver.psubscribe('meeting.*');
    const publish = () => {
      const messages = Array.from({ length: gathered }, (_, index) => [channelOf(channels, index), JSON.stringify(event)] as const);
      return publishAll(sender, messages);
    };
    const figure = await received(eventsARound, publish, (count) => counter.reaches(count));
    if (parsed === undefined) throw new Error('nothing was heard');
    for (const client of [sender, receiver]) client.disconnect();
    return figure;
  },
});

const peers = (channels: Channels): readonly Contender[] => [
  raw('ioredis, concurrent publishes', channels, (client, messages) =>
    Promise.all(messages.map(([channel, text]) => client.publish(channel, text))),
  ),
  raw('ioredis, one pipeline', channels, (client, messages) => {
    const pipeline = client.pipeline();
    for (const [channel, text] of messages) pipeline.publish(channel, text);
    return pipeline.exec();
  }),
];

export const redisPubSubScenarios: readonly Scenario[] = (['one', 'many'] as const).map((channels) => ({
  name: `redis-pubsub-${channels === 'one' ? 'one-channel' : 'hundred-channels'}`,
  unit: 'events/s',
  better: 'higher',
  rounds,
  ours: ours(channels),
  peers: peers(channels),
}));
