import assert from 'node:assert/strict';
import { Callbacks } from '#src/dispatcher/callbacks.js';
import { TaskNews } from '#src/dispatcher/task-news.js';
import { moveTo } from '#src/dispatcher/task-record.js';
import { WatchedTasks } from '#src/dispatcher/watched-tasks.js';
import { ClosedError, ConnectionError, silentLogger, type TaskState, TestClock } from '#src/index.js';
import { jsonCodec } from '#src/message/codec.js';
import { GatheredRecords } from '#src/records/gathered-records.js';
import { FakeRecords } from './fake-records.js';

function newsroom() {
  const clock = new TestClock();
  const store = new FakeRecords();
  const watched = new WatchedTasks(clock, new Callbacks(silentLogger));
  const news = new TaskNews({ clock, logger: silentLogger, watched, records: new GatheredRecords(store, clock), codec: jsonCodec });
  const told: string[] = [];
  const watch = async (id: string) => {
    await store.write([moveTo(id, 'pending', 0, { type: 't', queue: 'q' }, 1000, 'absent')]);
    watched.add({
      id,
      type: 't',
      route: 'r',
      callbacks: {
        onProgress: ({ progress }) => void told.push(`${id} ${progress}`),
        onComplete: ({ result }) => void told.push(`${id} ended with ${result}`),
      },
    });
  };
  const move = async (id: string, state: TaskState, fields = {}) => void (await store.write([moveTo(id, state, 0, fields, 1000)]));
  return { clock, store, watched, news, told, watch, move };
}

describe('the news of tasks', () => {
  it('reads an end once, however often it is told, and nothing for what nobody wants to know', async () => {
    const { clock, store, news, told, watch, move } = newsroom();
    await watch('a');
    await move('a', 'running');
    await move('a', 'completed', { result: '7' });
    const end = { id: 'a', what: 'completed' } as const;
    news.hear([end, end, { id: 'stranger', what: 'completed' }, { id: 'a', what: 'progress' }]);
    await clock.settle();
    assert.deepEqual(told, ['a ended with 7']);
    assert.ok(store.readCalls.length <= 2, `read ${store.readCalls}`);
    news.hear([end]);
    await clock.settle();
    assert.deepEqual(told, ['a ended with 7']);
  });

  it('tells progress before the end, also where both are told at once', async () => {
    const { clock, news, told, watch, move } = newsroom();
    await watch('a');
    await move('a', 'running');
    await move('a', 'completed', { progress: '"last"', result: '7' });
    news.hear([
      { id: 'a', what: 'progress' },
      { id: 'a', what: 'completed' },
    ]);
    await clock.settle();
    assert.deepEqual(told, ['a last', 'a ended with 7']);
  });

  it('reads again where something was told while a read was under way', async () => {
    const { clock, store, news, told, watch, move } = newsroom();
    await watch('a');
    await move('a', 'running', { progress: '1' });
    const read = store.read.bind(store);
    let answer: (() => void) | undefined;
    store.read = async (keys) => {
      const old = await read(keys);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return old;
    };
    news.hear([{ id: 'a', what: 'progress' }]);
    await clock.settle();
    await move('a', 'completed', { result: '7' });
    news.hear([{ id: 'a', what: 'completed' }]);
    store.read = read;
    answer?.();
    await clock.settle();
    assert.deepEqual(told, ['a 1', 'a ended with 7']);
  });

  it('waits on where the backend is away, and gives up where it says what does not get better', async () => {
    const { clock, store, news, watch } = newsroom();
    await watch('a');
    const result = news.waiting.wait('a', undefined).catch((error: unknown) => error);
    store.read = async () => {
      throw new ConnectionError('away');
    };
    await clock.advance('10s');
    assert.ok(news.waiting.has('a'));
    store.read = async () => {
      throw new TypeError('no such kind');
    };
    await clock.advance('10s');
    assert.ok((await result) instanceof TypeError);
  });

  it('forgets a task whose record is gone, and says so to who waits', async () => {
    const { clock, store, watched, news, watch } = newsroom();
    await watch('a');
    const result = news.waiting.wait('a', undefined).catch((error: unknown) => error);
    store.records.clear();
    news.look('a');
    await clock.settle();
    assert.match(String(await result), /TaskNotFoundError.*not known/);
    assert.equal(watched.has('a'), false);
  });

  it('finds by itself what nobody told, and leaves no timer when it stops', async () => {
    const { clock, news, told, watch, move } = newsroom();
    news.start();
    news.start();
    await watch('a');
    await move('a', 'running');
    await move('a', 'completed', { result: '7' });
    await clock.advance('1m');
    assert.deepEqual(told, ['a ended with 7']);
    await watch('b');
    const waiting = news.waiting.wait('b', undefined).catch((error: unknown) => error);
    news.stop(new ClosedError('the dispatcher'));
    news.start();
    assert.ok((await waiting) instanceof ClosedError);
    assert.equal(clock.pendingTimers, 0);
  });
});
