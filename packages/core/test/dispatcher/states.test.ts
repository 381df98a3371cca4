import assert from 'node:assert/strict';
import { isFinal, moves, noneOfEach, openStates, statesBefore, taskStates } from '#src/dispatcher/states.js';

describe('the status machine of a task', () => {
  it('has four open and four final states', () => {
    assert.deepEqual(openStates, ['pending', 'queued', 'running', 'retrying']);
    assert.deepEqual(taskStates.filter(isFinal), ['completed', 'failed', 'cancelled', 'timed_out']);
    assert.equal(isFinal('#unknown'), false);
  });

  it('leads from every open state to an end, and from none back to pending', () => {
    for (const state of openStates) assert.ok(moves[state].some(isFinal), state);
    assert.deepEqual(statesBefore('pending'), []);
  });

  it('lets a task complete, or be retried, only where it runs', () => {
    assert.deepEqual(statesBefore('completed'), ['running']);
    assert.deepEqual(statesBefore('retrying'), ['running']);
  });

  it('puts no task back: what comes later in the machine is never left for what comes before', () => {
    const order = ['pending', 'queued', 'running'];
    for (const from of order) {
      for (const to of moves[from as keyof typeof moves]) {
        if (order.includes(to)) assert.ok(order.indexOf(to) >= order.indexOf(from), `${from} -> ${to}`);
      }
    }
  });

  it('lets any open task fail, be cancelled and time out', () => {
    for (const end of ['failed', 'cancelled', 'timed_out'] as const) assert.deepEqual(statesBefore(end), openStates);
  });

  it('counts from nothing in every state', () => {
    assert.deepEqual(Object.keys(noneOfEach()), taskStates);
    assert.ok(Object.values(noneOfEach()).every((count) => count === 0));
  });
});
