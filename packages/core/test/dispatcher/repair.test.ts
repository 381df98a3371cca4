import assert from 'node:assert/strict';
import { NoticeSender } from '#src/dispatcher/notices.js';
import { TaskRepair } from '#src/dispatcher/repair.js';
import { moveTo } from '#src/dispatcher/task-record.js';
import { type MessageView, type PubSub, type Queue, silentLogger, TestClock } from '#src/index.js';
import { GatheredRecords } from '#src/records/gathered-records.js';
import { FakeRecords } from './fake-records.js';

function repairing(find: (id: string) => Promise<MessageView | undefined> = async () => undefined) {
  const clock = new TestClock();
  const store = new FakeRecords();
  const cancelled: string[] = [];
  const queue = () => ({ find, cancel: async (id: string) => void cancelled.push(id) }) as unknown as Queue;
  const pubsub = { publish: async () => 'id' } as unknown as PubSub;
  const parts = {
    queue,
    records: new GatheredRecords(store, clock),
    notices: new NoticeSender(pubsub, clock, silentLogger),
    clock,
    logger: silentLogger,
    retentionMs: 1000,
    intervalMs: 60_000,
  };
  const enter = async (id: string, fields = {}) => {
    await store.write([moveTo(id, 'pending', clock.now(), { type: 't', queue: 'q', dispatcher: 'd', ...fields }, 1000, 'absent')]);
    await store.write([moveTo(id, 'queued', clock.now(), {}, 1000)]);
    return store.records.get(id) ?? assert.fail('there is no record');
  };
  return { clock, store, cancelled, repair: new TaskRepair(parts), other: new TaskRepair(parts), enter };
}

describe('the repair of tasks', () => {
  it('is made by one process an interval', async () => {
    const { repair, other, store } = repairing();
    const turns = await Promise.all([repair.takeTurn(), other.takeTurn(), other.takeTurn()]);
    assert.deepEqual(turns, [true, false, false]);
    const write = store.writes[0];
    assert.ok(write !== undefined && 'expiresInMs' in write && (write.expiresInMs ?? 0) < 60_000, 'free again at the next time');
  });

  it('leaves a task alone that moved a moment ago, or whose message is there', async () => {
    let asked = 0;
    const { clock, store, repair, enter } = repairing(async () => {
      asked++;
      return { state: 'active' } as MessageView;
    });
    const record = await enter('t');
    await clock.advance('9s');
    await repair.repair(record);
    assert.equal(asked, 0);
    await clock.advance('1s');
    await repair.repair(record);
    assert.equal(asked, 1);
    assert.equal(store.records.get('t')?.state, 'queued');
  });

  it('does not end a task that moved while its message was looked for', async () => {
    const { clock, store, repair, enter } = repairing(async () => {
      await store.write([moveTo('t', 'running', 0, {}, 1000), moveTo('t', 'completed', 0, {}, 1000)]);
      return undefined;
    });
    const record = await enter('t');
    await clock.advance('10s');
    await repair.repair(record);
    assert.equal(store.records.get('t')?.state, 'completed');
  });

  it('times out what is over, and takes its message back', async () => {
    const { clock, store, cancelled, repair, enter } = repairing();
    const record = await enter('t', { deadline: String(clock.now() + 500) });
    await clock.advance(500);
    await repair.repair(record);
    assert.deepEqual([store.records.get('t')?.state, cancelled], ['timed_out', ['t']]);
  });

  it('is held up by no record that can not be looked at', async () => {
    const { clock, repair, enter, store } = repairing(async () => {
      throw new Error('no such queue');
    });
    const record = await enter('t');
    await clock.advance('10s');
    await repair.repair(record);
    assert.equal(store.records.get('t')?.state, 'queued');
    await repair.repair({ ...record, log: ['not JSON'] });
  });
});
