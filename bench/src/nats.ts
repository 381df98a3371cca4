import { startNats } from '@quayside/conformance/servers';
import { createPubSub, type PubSub, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '@quayside/nats';
import { connect, type NatsConnection } from 'nats';
import { type Contender, perSecond, type Scenario } from './measure.js';

const rounds = 5;
/** 150 bytes of JSON. */
const event = {
  meetingId: 'weekly-of-the-audio-team',
  participant: 'guest-4711',
  kind: 'joined',
  device: { camera: true, microphone: 'built-in' },
  region: 'eu-central',
};

/** One server for all; it ends with the process. */
let server: ReturnType<typeof startNats> | undefined;
async function serverUrl(): Promise<string> {
  server ??= startNats();
  return (await server).url;
}

/** Publishes so many calls of so many events, and says how many a second arrived: timed until the last one has. */
async function arrivals(calls: number, together: number, publish: () => Promise<unknown>, heard: () => number): Promise<number> {
  const events = calls * together;
  const figure = await perSecond(events, async () => {
    for (let call = 0; call < calls; call++) await publish();
    while (heard() < events) await new Promise((resolve) => setImmediate(resolve));
  });
  if (heard() !== events) throw new Error(`${heard()} events arrived instead of ${events}`);
  return figure;
}

function ours(calls: number, together: number): Contender {
  return {
    name: 'quayside',
    async run() {
      const open = async () =>
        adapter.open({ servers: await serverUrl() }, { clock: systemClock, logger: silentLogger, namespace: 'bench' });
      const [publishing, hearing] = [await open(), await open()];
      const [sender, receiver] = [publishing, hearing].map((backend): PubSub => {
        return createPubSub({ transport: backend.pubSubTransport('channels') });
      }) as [PubSub, PubSub];
      let heard = 0;
      await receiver.subscribe('meeting.*', () => void heard++);
      const publish =
        together === 1
          ? () => sender.publish('meeting.weekly', event)
          : () => Promise.all(Array.from({ length: together }, () => sender.publish('meeting.weekly', event)));
      const figure = await arrivals(calls, together, publish, () => heard);
      for (const pubsub of [sender, receiver]) await pubsub.stop();
      for (const backend of [publishing, hearing]) await backend.close();
      return figure;
    },
  };
}

/** What is to be sent of a call, and how a plain client makes sure of it. */
type Publish = (client: NatsConnection, texts: readonly string[]) => Promise<unknown>;

/** Publishes all of a call and asks once whether the server has it: without a flush nobody knows. */
const flushOnce: Publish = (client, texts) => {
  for (const text of texts) client.publish('meeting.weekly', text);
  return client.flush();
};

/** What publishes that know nothing of one another do. */
const flushEach: Publish = (client, texts) =>
  Promise.all(
    texts.map((text) => {
      client.publish('meeting.weekly', text);
      return client.flush();
    }),
  );

/** The plain client with the same JSON, envelope and all, written here and read there. */
function raw(name: string, calls: number, together: number, publish: Publish): Contender {
  return {
    name,
    async run() {
      const open = async () => connect({ servers: await serverUrl() });
      const [sender, receiver]: [NatsConnection, NatsConnection] = [await open(), await open()];
      let heard = 0;
      receiver.subscribe('meeting.*', {
        callback(_error, message) {
          const { p } = JSON.parse(message.string()) as { readonly p: typeof event };
          if (p.kind === event.kind) heard++;
        },
      });
      await receiver.flush();
      let sequence = 0;
      const write = () => JSON.stringify({ q: 1, i: '0123456789abcdef', e: '0123456789abcdef', s: ++sequence, p: event });
      const figure = await arrivals(
        calls,
        together,
        () => publish(sender, Array.from({ length: together }, write)),
        () => heard,
      );
      for (const client of [sender, receiver]) await client.close();
      return figure;
    },
  };
}

const scenario = (calls: number, together: number, peers: readonly Contender[]): Scenario => ({
  name: `nats-pubsub-${together === 1 ? 'one-at-a-time' : `${together}-gathered`}`,
  unit: 'events/s',
  better: 'higher',
  rounds,
  ours: ours(calls, together),
  peers,
});

export const natsScenarios: readonly Scenario[] = [
  scenario(5_000, 1, [raw('nats.js, a flush each', 5_000, 1, flushOnce)]),
  scenario(500, 100, [raw('nats.js, a flush each', 500, 100, flushEach), raw('nats.js, one flush for a hundred', 500, 100, flushOnce)]),
];
