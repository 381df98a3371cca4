import assert from 'node:assert/strict';
import { Callbacks } from '#src/dispatcher/callbacks.js';
import { WatchedTasks } from '#src/dispatcher/watched-tasks.js';
import { silentLogger, type TaskCallbacks, type TaskState, type TaskStatus, TestClock } from '#src/index.js';

function statusOf(id: string, state: TaskState, more: Partial<TaskStatus> = {}): () => TaskStatus {
  return () => ({ id, type: 't', state, queue: 'q', attempts: 1, history: [], ...more });
}

function watching() {
  const clock = new TestClock();
  const callbacks = new Callbacks(silentLogger);
  const told: string[] = [];
  const listener: TaskCallbacks = {
    onProgress: ({ id, progress }) => void told.push(`${id} ${JSON.stringify(progress)}`),
    onComplete: ({ id }) => void told.push(`${id} completed`),
    onFailure: ({ id, state }) => void told.push(`${id} ${state}`),
  };
  return { clock, callbacks, told, listener, watched: new WatchedTasks(clock, callbacks) };
}

describe('the tasks that a process watches', () => {
  it('are told of once, by type or all, and counted', () => {
    const { watched, callbacks, told, listener } = watching();
    callbacks.listen(listener, 'other');
    const end = callbacks.listen({ onComplete: ({ id }) => void told.push(`all: ${id}`) }, undefined);
    for (const id of ['a', 'b']) watched.add({ id, type: 't', route: 'r', callbacks: id === 'a' ? listener : undefined });
    watched.ended('a', 'completed', statusOf('a', 'completed'));
    watched.ended('a', 'completed', statusOf('a', 'completed'));
    end();
    watched.ended('b', 'failed', statusOf('b', 'failed'));
    assert.deepEqual(told, ['a completed', 'all: a']);
    assert.deepEqual([watched.byRoute(), watched.byState().completed, watched.byState().failed], [{ r: 2 }, 1, 1]);
    assert.equal(watched.has('a'), false);
  });

  it('tell progress that changed, and no value twice', () => {
    const { watched, told, listener } = watching();
    watched.add({ id: 'a', type: 't', route: 'r', callbacks: listener });
    for (const progress of [{ step: 1 }, { step: 1 }, { step: 2 }]) watched.progressed('a', statusOf('a', 'running', { progress }));
    watched.progressed('unknown', statusOf('unknown', 'running', { progress: 1 }));
    assert.deepEqual(told, ['a {"step":1}', 'a {"step":2}']);
  });

  it('want progress only where somebody listens', () => {
    const { watched, callbacks, listener } = watching();
    watched.add({ id: 'own', type: 't', route: 'r', callbacks: listener });
    watched.add({ id: 'deaf', type: 't', route: 'r', callbacks: { onComplete: () => {} } });
    assert.deepEqual([watched.wantsProgress('own'), watched.wantsProgress('deaf'), watched.wantsProgress('none')], [true, false, false]);
    callbacks.listen(listener, 'other');
    assert.equal(watched.wantsProgress('deaf'), false);
    callbacks.listen(listener, 't');
    assert.equal(watched.wantsProgress('deaf'), true);
  });

  it('take the callbacks of a second dispatch as well, those of the same call tried again once, and keep the timeout', async () => {
    const { clock, watched, told, listener } = watching();
    let timeouts = 0;
    watched.add({ id: 'a', type: 't', route: 'r', callbacks: listener, timeout: { ms: 100, run: () => void timeouts++ } });
    watched.add({ id: 'a', type: 't', route: 'r', callbacks: { ...listener } });
    watched.add({ id: 'a', type: 't', callbacks: { onComplete: () => void told.push('another') } });
    watched.add({ id: 'a', type: 't', callbacks: undefined });
    await clock.advance(100);
    assert.equal(timeouts, 1);
    watched.ended('a', 'completed', statusOf('a', 'completed'));
    assert.deepEqual(told, ['a completed', 'another']);
    assert.deepEqual(watched.byRoute(), { r: 1 });
  });

  it('are not counted where their dispatch did not happen', () => {
    const { watched } = watching();
    watched.add({ id: 'a', type: 't', route: 'r', callbacks: undefined });
    watched.add({ id: 'b', type: 't', route: 'r', callbacks: undefined });
    watched.forget('a', false);
    watched.forget('b', true);
    assert.deepEqual(watched.byRoute(), { r: 1 });
    assert.equal(watched.byState().pending, 0);
  });

  it('are not put back by a word that comes late', () => {
    const { watched } = watching();
    watched.add({ id: 'a', type: 't', route: 'r', callbacks: undefined });
    watched.moved('a', 'running');
    watched.moved('a', 'queued');
    assert.deepEqual([watched.byState().running, watched.byState().queued], [1, 0]);
  });

  it('are looked at again when they are old, and then less and less often', async () => {
    const { clock, watched } = watching();
    const looks: number[] = [];
    watched.add({ id: 'a', type: 't', route: 'r', callbacks: undefined });
    for (let seconds = 0; seconds <= 3600; seconds += 10) {
      if (watched.takeOverdue().length > 0) looks.push(seconds);
      await clock.advance('10s');
    }
    assert.deepEqual(looks.slice(0, 6), [30, 60, 120, 240, 480, 960]);
    assert.ok(
      looks.every((at, index) => at - (looks[index - 1] ?? 0) <= 600),
      String(looks),
    );
  });

  it('leave no timer when they end, are forgotten, or the dispatcher stops', async () => {
    const { clock, watched } = watching();
    const timeout = { ms: 1000, run: () => assert.fail('it has ended') };
    for (const id of ['a', 'b', 'c']) watched.add({ id, type: 't', route: 'r', callbacks: undefined, timeout });
    watched.ended('a', 'completed', statusOf('a', 'completed'));
    watched.forget('b', false);
    watched.stop();
    watched.add({ id: 'd', type: 't', route: 'r', callbacks: undefined, timeout });
    assert.equal(clock.pendingTimers, 0);
    await clock.advance('2s');
  });
});
