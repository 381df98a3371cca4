import assert from 'node:assert/strict';
import type { ConnectionState } from '#src/ports/pubsub.js';
import { ToldState } from '#src/pubsub/told-state.js';

describe('the state that an adapter tells', () => {
  const listen = (state: ToldState) => {
    const told: ConnectionState[] = [];
    return { told, end: state.tell((now) => void told.push(now)) };
  };

  it('is told at once, and at each change, once', () => {
    const state = new ToldState();
    const { told } = listen(state);
    for (const next of ['connected', 'connected', 'disconnected', 'connected'] as const) state.become(next);
    assert.deepEqual(told, ['disconnected', 'connected', 'disconnected', 'connected']);
    assert.equal(state.now, 'connected');
  });

  it('is closed for good', () => {
    const state = new ToldState('connected');
    const { told } = listen(state);
    state.become('closed');
    state.become('connected');
    assert.deepEqual([told, listen(state).told], [['connected', 'closed'], ['closed']]);
  });

  it('is not told any more to whoever has ended it', () => {
    const state = new ToldState();
    const ended = listen(state);
    ended.end();
    state.become('connected');
    assert.deepEqual(ended.told, ['disconnected']);
  });
});
