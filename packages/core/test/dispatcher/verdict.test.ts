import assert from 'node:assert/strict';
import { fieldsOf, moveTo, toStatus } from '#src/dispatcher/task-record.js';
import { type ResultRules, verdictOf } from '#src/dispatcher/verdict.js';
import type { AttemptError, Ending, MessageHead } from '#src/index.js';
import { jsonCodec } from '#src/message/codec.js';
import { FakeRecords } from './fake-records.js';

const head: MessageHead = { id: 'id', type: 'work', priority: 'normal', headers: {}, attempt: 3, fencingToken: 7 };
const rules: ResultRules = { codec: jsonCodec, maxResultBytes: 20, worker: 'w', now: () => 5 };
const error: AttemptError = { name: 'Error', message: 'no', attempt: 3, at: 4, worker: 'w' };
const verdict = (ending: Ending) => verdictOf(head, ending, rules);
const summary = (ending: Ending) => [verdict(ending)?.state, verdict(ending)?.fields.reason];

describe('what the end of a delivery means for its task', () => {
  it('is nothing where the message goes back as it came', () => {
    for (const why of ['stopping', 'no-handler', 'newer-version', 'requested'] as const)
      assert.equal(verdict({ outcome: 'release', why }), undefined);
  });

  it('is the state that the ending names', () => {
    assert.deepEqual(summary({ outcome: 'complete', value: 1 }), ['completed', undefined]);
    assert.deepEqual(summary({ outcome: 'retry', delayMs: 1, error }), ['retrying', undefined]);
    assert.deepEqual(summary({ outcome: 'dead', reason: 'unrecoverable', error }), ['failed', 'unrecoverable']);
    assert.deepEqual(summary({ outcome: 'dead', reason: 'no-handler' }), ['failed', 'no-handler']);
    assert.deepEqual(summary({ outcome: 'drop', as: 'discarded', error }), ['failed', 'discarded']);
    assert.deepEqual(summary({ outcome: 'drop', as: 'cancelled' }), ['cancelled', undefined]);
  });

  it('is timed_out where the message expired, dead letter or not', () => {
    assert.deepEqual(summary({ outcome: 'drop', as: 'expired' }), ['timed_out', undefined]);
    assert.deepEqual(summary({ outcome: 'dead', reason: 'expired', error }), ['timed_out', undefined]);
  });

  it('tells the attempts where the last worker vanished, since nobody else can', () => {
    assert.equal(verdict({ outcome: 'dead', reason: 'attempts-exhausted', error })?.fields.attempts, '3');
    assert.equal('attempts' in (verdict({ outcome: 'dead', reason: 'no-handler', error })?.fields ?? {}), false);
  });

  it('takes a result up to the limit, in bytes, and fails the task by a longer one', () => {
    assert.equal(verdict({ outcome: 'complete', value: 'é'.repeat(9) })?.state, 'completed');
    const refused = verdict({ outcome: 'complete', value: 'é'.repeat(10) });
    assert.deepEqual([refused?.state, refused?.fields.reason], ['failed', 'result']);
    const told = JSON.parse(refused?.fields.error ?? '{}') as AttemptError;
    assert.deepEqual([told.name, told.code, told.attempt, told.at], ['PayloadError', 'ERR_QUAYSIDE_PAYLOAD', 3, 5]);
  });

  it('passes on what a codec throws that is no PayloadError', () => {
    const broken = { ...rules, codec: { ...jsonCodec, encode: () => assert.fail('a broken codec') } };
    assert.throws(() => verdictOf(head, { outcome: 'complete', value: 1 }, broken), /a broken codec/);
  });
});

describe('the record of a task', () => {
  const fields = { type: 'work', queue: 'q', payload: '"big"', options: '{}', dispatcher: 'd' };

  async function after(state: 'completed' | 'failed' | 'cancelled' | 'timed_out' | 'retrying') {
    const store = new FakeRecords();
    await store.write([moveTo('id', 'pending', 1, fields, 100, 'absent'), moveTo('id', 'running', 2, {}, 100)]);
    const [outcome] = await store.write([moveTo('id', state, 3, { attempts: '1' }, 100)]);
    assert.equal(outcome?.status, 'written');
    const record = store.records.get('id') ?? assert.fail('there is no record');
    return { record, last: store.writes.at(-1) };
  }

  it('keeps the payload while the task may be redriven, and no longer', async () => {
    for (const state of ['completed', 'cancelled', 'timed_out'] as const) {
      const { payload, options } = fieldsOf((await after(state)).record);
      assert.deepEqual([payload, options], [undefined, undefined], state);
    }
    for (const state of ['failed', 'retrying'] as const) assert.equal(fieldsOf((await after(state)).record).payload, '"big"', state);
  });

  it('expires when the task has ended, and not before', async () => {
    const { last } = await after('completed');
    assert.ok(last !== undefined && 'expiresInMs' in last);
    assert.equal(last.expiresInMs, 100);
    const open = (await after('retrying')).last;
    assert.ok(open !== undefined && 'when' in open);
    assert.equal(open.expiresInMs, undefined);
  });

  it('shows its moves with their times', async () => {
    const { record } = await after('completed');
    const { history, attempts, type, queue } = toStatus(record, jsonCodec);
    assert.deepEqual([type, queue, attempts], ['work', 'q', 1]);
    assert.deepEqual(
      history.map(({ state, at }) => [state, at.getTime()]),
      [
        ['pending', 1],
        ['running', 2],
        ['completed', 3],
      ],
    );
  });

  it('is refused a move that the machine does not have', async () => {
    const store = new FakeRecords();
    await store.write([moveTo('id', 'pending', 1, fields, 100, 'absent')]);
    const [outcome] = await store.write([moveTo('id', 'completed', 2, {}, 100)]);
    assert.equal(outcome?.status, 'refused');
  });
});
