import assert from 'node:assert/strict';
import { ClosedError, ConnectionError, parseChannelFilter, silentLogger, TestClock } from '@quayside/core';
import { adapter } from '#src/index.js';
import { message, publish } from './messages.js';

const open = () => adapter.open({}, { clock: new TestClock(), logger: silentLogger, namespace: 'quayside' });
const { signal } = new AbortController();

describe('memory adapter', () => {
  for (const options of [undefined, null, {}]) {
    it(`takes ${JSON.stringify(options)} as its options`, () => {
      assert.deepEqual(adapter.configSchema['~standard'].validate(options), { value: {} });
    });
  }

  it('refuses options that it does not have, each by name', () => {
    const result = adapter.configSchema['~standard'].validate({ url: 'redis://x', size: 3 });
    assert.ok(!(result instanceof Promise));
    assert.deepEqual(
      result.issues?.map(({ path }) => path),
      [['url'], ['size']],
    );
  });

  for (const options of ['redis://x', 3, ['url']]) {
    it(`refuses ${JSON.stringify(options)} as its options`, () => {
      const result = adapter.configSchema['~standard'].validate(options);
      assert.ok(!(result instanceof Promise));
      assert.equal(result.issues?.length, 1);
    });
  }

  it('gives the same store for the same name, and sets all others apart', async () => {
    const [backend, other] = await Promise.all([open(), open()]);
    assert.equal(backend.queueStore('a'), backend.queueStore('a'));
    assert.equal(backend.recordStore('tasks'), backend.recordStore('tasks'));
    assert.equal(backend.pubSubTransport('channels'), backend.pubSubTransport('channels'));
    await publish(backend.queueStore('a'), message('m'));
    await backend.recordStore('tasks').write([{ key: 'k', when: 'any', state: 's' }]);
    await backend.pubSubTransport('channels').subscribe(parseChannelFilter('channel', 'c.*'), () => {}, { signal });
    const apart = [await backend.queueStore('b').find('m'), await other.queueStore('a').find('m')];
    assert.deepEqual(apart, [undefined, undefined]);
    assert.deepEqual(await backend.recordStore('schedules').read(['k']), [undefined]);
    assert.deepEqual(backend.pubSubTransport('events').keys(), []);
    const held = ['queue:a:message:m', 'queue:a:publisher:test', 'queue:a:counters', 'records:tasks:k', 'pubsub:channels:c.*'];
    assert.deepEqual([backend.keys(), other.keys()], [held, []]);
  });

  it('opens nothing once nobody waits for it', async () => {
    const context = { clock: new TestClock(), logger: silentLogger, namespace: 'quayside', signal: AbortSignal.abort() };
    await assert.rejects(adapter.open({}, context), ConnectionError);
  });

  it('closes all that it gave, says so, and gives no more', async () => {
    const backend = await open();
    const [queue, records, transport] = [backend.queueStore('a'), backend.recordStore('tasks'), backend.pubSubTransport('channels')];
    assert.deepEqual(await backend.health(), { status: 'up' });
    await backend.close();
    await backend.close();
    assert.equal((await backend.health()).status, 'down');
    await assert.rejects(queue.stats(), ClosedError);
    await assert.rejects(records.read([]), ClosedError);
    await assert.rejects(transport.publish([], signal), ClosedError);
    assert.throws(() => backend.queueStore('a'), ClosedError);
  });
});
