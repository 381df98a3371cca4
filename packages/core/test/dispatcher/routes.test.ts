import assert from 'node:assert/strict';
import { Loads } from '#src/dispatcher/loads.js';
import { Routes } from '#src/dispatcher/routes.js';
import { ConfigError, InvalidNameError, NoRouteError, type QueueStats, type Route, TestClock } from '#src/index.js';

const noLoads = new Loads(new TestClock(), () => assert.fail('nobody asks for loads'));
const task = (type: string, payload: unknown = null, headers: Record<string, string> = {}) => ({ type, payload, headers });

function routesOf(routes: readonly Route[], defaultQueue: string | undefined = 'rest'): Routes {
  const made = new Routes(defaultQueue, noLoads);
  for (const route of routes) made.add(route);
  return made;
}

describe('routes', () => {
  it('name themselves by their place, unless they have a name', async () => {
    const routes = routesOf([
      { type: 'a', to: 'q' },
      { type: 'b', name: 'special', to: 'q' },
      { type: 'c', to: 'q' },
    ]);
    const names = await Promise.all(['a', 'b', 'c', 'd'].map(async (type) => (await routes.find(task(type), true)).route));
    assert.deepEqual(names, ['route-1', 'special', 'route-3', 'default']);
  });

  it('match a pattern as channels do: a token, or the rest', async () => {
    const routes = routesOf([
      { type: 'media.*.done', to: 'star' },
      { type: 'ai.>', to: 'rest-of' },
    ]);
    const queueOf = async (type: string) => (await routes.find(task(type), true)).queue;
    assert.equal(await queueOf('media.video.done'), 'star');
    assert.equal(await queueOf('media.done'), 'rest');
    assert.equal(await queueOf('media.a.b.done'), 'rest');
    assert.equal(await queueOf('ai.speech'), 'rest-of');
    assert.equal(await queueOf('ai'), 'rest');
  });

  it('are tried in order, each once, and not at all where routing is off', async () => {
    const asked: string[] = [];
    const when = (name: string, answer: boolean) => () => {
      asked.push(name);
      return answer;
    };
    const routes = routesOf([
      { when: when('first', false), to: 'a' },
      { when: when('second', true), to: 'b' },
      { when: when('third', true), to: 'c' },
    ]);
    assert.equal((await routes.find(task('t'), true)).queue, 'b');
    assert.deepEqual(asked, ['first', 'second']);
    assert.deepEqual(await routes.find(task('t'), false), { queue: 'rest', route: 'default' });
    assert.deepEqual(asked, ['first', 'second']);
  });

  it('pass on what a predicate throws, and what a key throws', async () => {
    const boom = () => {
      throw new RangeError('boom');
    };
    await assert.rejects(routesOf([{ when: boom, to: 'a' }]).find(task('t'), true), RangeError);
    await assert.rejects(routesOf([{ to: ['a', 'b'], strategy: 'consistent-hash', key: boom }]).find(task('t'), true), RangeError);
  });

  it('without a default: NoRouteError', async () => {
    await assert.rejects(new Routes(undefined, noLoads).find(task('t'), true), NoRouteError);
  });

  it('refuse wrong queues and patterns, and tell all that is wrong with a rule at once', () => {
    const routes = routesOf([]);
    assert.throws(() => routes.add({ to: 'no spaces' }), InvalidNameError);
    assert.throws(() => routes.add({ type: 'a.>.b', to: 'q' }), InvalidNameError);
    const wrong = { to: [], strategy: 'random' } as unknown as Route;
    assert.throws(
      () => routes.add(wrong),
      (error) => error instanceof ConfigError && error.issues.map(({ path }) => path).join() === 'route.to,route.strategy',
    );
  });
});

describe('loads', () => {
  const statsOf = (queue_length: number, processing_count = 0) => ({ queue_length, processing_count }) as QueueStats;

  it('are asked for once while they hold, and anew after that', async () => {
    const clock = new TestClock();
    const asked: string[] = [];
    const loads = new Loads(clock, async (queue) => {
      asked.push(queue);
      return statsOf(queue === 'a' ? 2 : 0);
    });
    const chosen = await Promise.all(Array.from({ length: 6 }, () => loads.chooseLeast(['a', 'b'])));
    assert.deepEqual(chosen, ['b', 'b', 'a', 'b', 'a', 'b']);
    assert.deepEqual(asked, ['a', 'b']);
    await clock.advance(100);
    assert.equal(await loads.chooseLeast(['a', 'b']), 'b');
    assert.deepEqual(asked, ['a', 'b', 'a', 'b']);
  });

  it('that could not be told are asked for again', async () => {
    let isAway = true;
    const loads = new Loads(new TestClock(), async () => {
      if (isAway) throw new Error('away');
      return statsOf(1);
    });
    await assert.rejects(loads.chooseLeast(['a']), /away/);
    isAway = false;
    assert.equal(await loads.chooseLeast(['a']), 'a');
  });
});
