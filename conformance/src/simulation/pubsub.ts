/** Publishers and subscribers whose connections are cut, freeze and lose answers. */
import { type ChannelEvent, createPubSub, type Gap, type PublishFate, type PubSub, QuaysideError, sleep } from '@quayside/core';
import { FaultyTransport } from '../pubsub/faulty-transport.js';
import type { World } from './world.js';

const publishers = 2;
const subscribers = 2;
const channels = ['news', 'news.local', 'sport'] as const;
const filters = ['news', 'news.*', '>'] as const;
const publishTimeout = '500ms';

interface Published {
  readonly channel: string;
  readonly by: string;
  readonly place: number;
  fate: 'under way' | 'published' | PublishFate;
}

/** A subscription on a line of its own, and what it was told. */
interface Heard {
  readonly name: string;
  readonly filter: (typeof filters)[number];
  readonly events: Published[];
  readonly gaps: Gap[];
}

export function simulatePubSub(world: World): Promise<readonly string[]> {
  return new PubSubStory(world).play();
}

class PubSubStory {
  readonly #world: World;
  readonly #links: FaultyTransport[] = [];
  readonly #published: Published[] = [];
  readonly #heard: Heard[] = [];
  readonly #violations: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  async play(): Promise<readonly string[]> {
    const world = this.#world;
    const publishing = Array.from({ length: publishers }, (_, index) => [`publisher ${index + 1}`, this.#open()] as const);
    for (let count = 0; count < subscribers; count++) {
      const pubsub = this.#open();
      for (const filter of filters) {
        const subscribed = this.#subscribe(`subscriber ${count + 1} of ${filter}`, pubsub, filter);
        await world.scope.settles('10s', subscribed, 'every subscription opens');
      }
    }
    // Each publisher is heard once on each channel before anything happens: what is missed from then on can be told.
    await this.#publishEverywhere(publishing);
    await world.scope.settle();
    const work = Promise.all(publishing.map(([name, pubsub]) => this.#publishAll(name, pubsub)));
    for (let left = 5 + world.draw(15); left > 0; left--) {
      await world.advance(world.draw(400));
      this.#strike();
    }
    for (const link of this.#links) link.heal();
    await world.advance('10s');
    await world.scope.settles('10s', work, 'every publish settles');
    // And once more at the end: a gap is told when something comes after it.
    await this.#publishEverywhere(publishing);
    await world.advance('1s');
    for (const heard of this.#heard) this.#judge(heard);
    return this.#violations;
  }

  #open(): PubSub {
    const { scope, backend } = this.#world;
    const transport = backend.pubSubTransport?.('channels');
    if (transport === undefined) throw new Error(`backend '${backend.type}' has no transport`);
    const link = new FaultyTransport(transport, scope.time);
    this.#links.push(link);
    const create = scope.harness.engines?.createPubSub ?? createPubSub;
    const parts = { transport: link, clock: scope.time.clock, logger: scope.logger, options: { publishTimeout } };
    return this.#world.add(create(parts));
  }

  async #subscribe(name: string, pubsub: PubSub, filter: Heard['filter']): Promise<void> {
    const heard: Heard = { name, filter, events: [], gaps: [] };
    this.#heard.push(heard);
    const handle = ({ payload }: ChannelEvent) => {
      const event = this.#published[payload as number];
      if (event === undefined) return;
      heard.events.push(event);
      this.#world.chronicle.write(name, `${event.channel} ${event.by} ${event.place}`);
    };
    const onGap = (gap: Gap) => {
      heard.gaps.push(gap);
      this.#world.chronicle.write(name, `gap of ${gap.missed} on ${gap.channel}`);
    };
    await pubsub.subscribe(filter, handle, { onGap });
  }

  async #publishAll(name: string, pubsub: PubSub): Promise<void> {
    const world = this.#world;
    const calls: Promise<void>[] = [];
    for (let left = 30; left > 0; left--) {
      calls.push(this.#publish(name, pubsub, world.pick(channels)));
      if (world.isLucky(0.6)) await sleep(world.scope.time.clock, world.draw(300));
    }
    await Promise.all(calls);
  }

  async #publish(by: string, pubsub: PubSub, channel: string): Promise<void> {
    const place = this.#published.length;
    const event: Published = { channel, by, place, fate: 'under way' };
    this.#published.push(event);
    try {
      await pubsub.publish(channel, place);
      event.fate = 'published';
    } catch (error) {
      if (!(error instanceof QuaysideError) || error.outcome === undefined) throw error;
      event.fate = error.outcome;
    }
    this.#world.chronicle.write(by, `${channel} ${place}: ${event.fate}`);
  }

  async #publishEverywhere(publishing: readonly (readonly [string, PubSub])[]): Promise<void> {
    const calls = publishing.flatMap(([name, pubsub]) => channels.map((channel) => this.#publish(name, pubsub, channel)));
    await this.#world.scope.settles('10s', Promise.all(calls), 'every publish settles');
  }

  #strike(): void {
    const world = this.#world;
    const link = this.#links[world.draw(this.#links.length)];
    if (link === undefined) return;
    const strikes = {
      cut: () => link.cut(),
      // A line that is frozen already begins anew: it is told as disconnected once.
      freeze: () => {
        link.heal();
        link.freeze();
      },
      heal: () => link.heal(),
      'lost reply': () => link.loseNext('reply'),
      'lost request': () => link.loseNext('request'),
      'missed cut': () => link.refusePublishes(1),
    };
    const strike = world.pick(['cut', 'freeze', 'heal', 'heal', 'lost reply', 'lost request', 'missed cut'] as const);
    world.chronicle.write(`line ${this.#links.indexOf(link) + 1}`, strike);
    strikes[strike]();
    if (strike === 'lost reply' || strike === 'lost request') world.faults.set(strike, (world.faults.get(strike) ?? 0) + 1);
  }

  /** Every event that was published was heard or told as missed; none twice, none that was not published; a publisher's in their order. */
  #judge({ name, filter, events, gaps }: Heard): void {
    const broken = (what: string) => void this.#violations.push(`${name}: ${what}`);
    if (new Set(events).size < events.length) broken('an event was heard twice');
    for (const { channel, place, fate } of events) {
      if (!isMatch(filter, channel)) broken(`event ${place} on ${channel} is none of it`);
      if (fate === 'not-published') broken(`event ${place} was heard, and told as not published`);
    }
    for (const channel of channels.filter((each) => isMatch(filter, each))) {
      const on = this.#published.filter((event) => event.channel === channel);
      const missing = on.filter((event) => !events.includes(event));
      const told = gaps.reduce((sum, gap) => sum + (gap.channel === channel ? gap.missed : 0), 0);
      const certain = missing.filter(({ fate }) => fate === 'published').length;
      const possible = missing.filter(({ fate }) => fate !== 'not-published').length;
      if (told < certain || told > possible)
        broken(`${certain} to ${possible} events of ${channel} are missing, and ${told} told as missed`);
      for (let index = 1; index <= publishers; index++) {
        const places = events.filter((event) => event.channel === channel && event.by === `publisher ${index}`).map(({ place }) => place);
        if (places.some((place, at) => at > 0 && place < (places[at - 1] ?? 0)))
          broken(`publisher ${index} is heard out of order on ${channel}`);
      }
    }
  }
}

function isMatch(filter: Heard['filter'], channel: string): boolean {
  return filter === '>' || filter === channel || (filter === 'news.*' && channel === 'news.local');
}
