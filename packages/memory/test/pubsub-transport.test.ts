import assert from 'node:assert/strict';
import {
  ClosedError,
  ConnectionError,
  type ConnectionState,
  type Logger,
  parseChannelFilter,
  silentLogger,
  systemClock,
} from '@quayside/core';
import { MemoryPubSubTransport } from '#src/pubsub-transport.js';

const { signal } = new AbortController();
const filter = (text: string) => parseChannelFilter('channel', text);
const frame = (channel: string, body = channel) => ({ channel, body });

function openTransport(logger: Logger = silentLogger) {
  const transport = new MemoryPubSubTransport('channels', logger, systemClock);
  const listen = async (text: string, group?: string) => {
    const received: string[] = [];
    const subscription = await transport.subscribe(filter(text), (channel, body) => void received.push(`${channel}=${body}`), {
      group,
      signal,
    });
    return { received, subscription };
  };
  return { transport, listen };
}

describe('memory pub/sub transport', () => {
  it('gives a frame to every subscriber of its channel, exact or by pattern, and to nobody else', async () => {
    const { transport, listen } = openTransport();
    const listeners = await Promise.all(['a.b', 'a.b', 'a.*', 'a.>', '>', 'a', 'ab', 'a.b.c', 'b.*'].map((text) => listen(text)));
    await transport.publish([frame('a.b')], signal);
    assert.deepEqual(
      listeners.map(({ received }) => received.length),
      [1, 1, 1, 1, 1, 0, 0, 0, 0],
    );
  });

  it('keeps a publisher’s order, over channels and calls', async () => {
    const { transport, listen } = openTransport();
    const { received } = await listen('a.*');
    void transport.publish([frame('a.x', '1'), frame('a.y', '2')], signal);
    await transport.publish([frame('a.x', '3')], signal);
    assert.deepEqual(received, ['a.x=1', 'a.y=2', 'a.x=3']);
  });

  it('calls no subscriber inside the publisher’s own call, and has called all when publish resolves', async () => {
    const { transport, listen } = openTransport();
    const { received } = await listen('a');
    const publishing = transport.publish([frame('a')], signal);
    assert.deepEqual(received, []);
    await publishing;
    assert.deepEqual(received, ['a=a']);
  });

  it('gives a frame to one member of a group, in turn, and to each group', async () => {
    const { transport, listen } = openTransport();
    const members = [await listen('a', 'g'), await listen('a.>', 'g'), await listen('a', 'g')];
    const other = await listen('a', 'h');
    const alone = await listen('a');
    for (let round = 0; round < 4; round++) await transport.publish([frame('a')], signal);
    assert.deepEqual(
      [...members, other, alone].map(({ received }) => received.length),
      [2, 0, 2, 4, 4],
    );
    await members[0]?.subscription.close();
    await transport.publish([frame('a'), frame('a.b')], signal);
    assert.deepEqual(
      members.map(({ received }) => received.length),
      [2, 1, 3],
    );
  });

  it('calls nobody who closed, not even for what was published before', async () => {
    const { transport, listen } = openTransport();
    const { received, subscription } = await listen('a');
    const publishing = transport.publish([frame('a')], signal);
    const closing = subscription.close();
    await Promise.all([publishing, closing, subscription.close()]);
    await transport.publish([frame('a')], signal);
    assert.deepEqual(received, []);
  });

  it('keeps nothing of 1,000 channels, patterns and groups that were closed', async () => {
    const { transport, listen } = openTransport();
    const texts = Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? `a.${index}` : `a.${index}.>`));
    const listeners = await Promise.all(texts.map((text, index) => listen(text, index % 3 === 0 ? `g${index}` : undefined)));
    assert.equal(transport.keys().length, 1_000);
    await Promise.all(listeners.map(({ subscription }) => subscription.close()));
    assert.deepEqual(transport.keys(), []);
  });

  it('closing one of two subscriptions of a channel leaves the other, and one opened later', async () => {
    const { transport, listen } = openTransport();
    const first = await listen('a');
    const second = await listen('a');
    await second.subscription.close();
    await first.subscription.close();
    const third = await listen('a');
    await first.subscription.close();
    await transport.publish([frame('a')], signal);
    assert.deepEqual([first.received, second.received, third.received], [[], [], ['a=a']]);
  });

  it('logs what a subscriber throws, and gives the frame to the others', async () => {
    const logged: object[] = [];
    const { transport, listen } = openTransport({ ...silentLogger, error: (fields) => void logged.push(fields) });
    const failure = new Error('no room');
    const receive = () => {
      throw failure;
    };
    await transport.subscribe(filter('a'), receive, { signal });
    const { received } = await listen('a');
    await transport.publish([frame('a')], signal);
    assert.deepEqual([received, logged], [['a=a'], [{ err: failure, scope: 'channels', channel: 'a' }]]);
  });

  it('sends and subscribes nothing for a signal that was aborted before', async () => {
    const { transport, listen } = openTransport();
    const { received } = await listen('a');
    const aborted = AbortSignal.abort();
    await assert.rejects(
      transport.publish([frame('a')], aborted),
      (error) => error instanceof ConnectionError && error.outcome === 'not-published',
    );
    await assert.rejects(
      transport.subscribe(filter('b'), () => {}, { signal: aborted }),
      ConnectionError,
    );
    assert.deepEqual([received, transport.keys()], [[], ['a']]);
  });

  it('is connected from the first, and tells every listener when it closes', async () => {
    const { transport } = openTransport();
    const [first, second]: ConnectionState[][] = [[], []];
    assert.ok(first && second);
    transport.onState((state) => void first.push(state));
    const stop = transport.onState((state) => void second.push(state));
    stop();
    await transport.close();
    await transport.close();
    const late: ConnectionState[] = [];
    transport.onState((state) => void late.push(state));
    assert.deepEqual([first, second, late], [['connected', 'closed'], ['connected'], ['closed']]);
  });

  it('calls nobody after close, and rejects every call', async () => {
    const { transport, listen } = openTransport();
    const { received, subscription } = await listen('a');
    const publishing = transport.publish([frame('a')], signal);
    await transport.close();
    await publishing;
    await subscription.close();
    await assert.rejects(transport.publish([frame('a')], signal), ClosedError);
    await assert.rejects(
      transport.subscribe(filter('a'), () => {}, { signal }),
      ClosedError,
    );
    assert.deepEqual(received, []);
  });
});
