import assert from 'node:assert/strict';
import { type Claim, type ClaimRequest, type Exchange, type Priority, priorities, type QueueStore, type Settlement } from '@quayside/core';
import { Stage } from './stage.js';
import { until } from './until.js';

describe('BullmqQueueStore', () => {
  let stage: Stage;
  let store: QueueStore;
  let sequence = 0;
  before(async () => {
    stage = await Stage.open();
  });
  beforeEach(async () => {
    await stage.begin();
    store = stage.store();
  });
  afterEach(() => stage.end());
  after(() => stage.close());

  async function publish(ids: readonly string[], priority: Priority = 'normal'): Promise<void> {
    const messages = ids.map((id) => ({ id, type: 'mail', priority, payload: JSON.stringify(id), meta: '' }));
    await store.publish(messages, { publisher: 'test', sequence: ++sequence, checkIds: true });
  }

  const exchange = (settlements: readonly Settlement[], request: Partial<ClaimRequest> = {}): Promise<Exchange> =>
    store.exchange(settlements, { max: 100, startNow: 0, visibilityTimeoutMs: 30_000, levels: priorities, ...request });

  const release = ({ receipt }: Claim): Settlement => ({ receipt, outcome: 'release' });
  const idsOf = (claims: readonly Claim[]) => claims.map(({ receipt }) => receipt.id);

  it('puts what is released before all of its level, the later one first, and before no other level', async () => {
    await publish(['c'], 'critical');
    await publish(['l1', 'l2', 'l3', 'l4'], 'low');
    const { claims } = await exchange([], { max: 3 });
    assert.deepEqual(idsOf(claims), ['c', 'l1', 'l2']);
    const again = await exchange(claims.map(release));
    assert.deepEqual(idsOf(again.claims), ['c', 'l2', 'l1', 'l3', 'l4']);
    const all = await exchange(again.claims.toReversed().map(release));
    assert.deepEqual(idsOf(all.claims), ['c', 'l2', 'l1', 'l3', 'l4']);
  });

  it("keeps the order among plain clients' jobs and ours of one priority", async () => {
    const plain = stage.plainQueue();
    const first = await plain.add('mail', 1, { priority: 3 });
    await publish(['ours']);
    const last = await plain.add('mail', 2, { priority: 3 });
    const { claims } = await exchange([], { max: 1 });
    assert.deepEqual(idsOf(claims), [first.id]);
    assert.deepEqual(idsOf((await exchange(claims.map(release))).claims), [first.id, 'ours', last.id]);
  });

  it('claims by the levels that are asked for, in their order; what plain clients put below counts as low', async () => {
    const deep = await stage.plainQueue().add('mail', 1, { priority: 100 });
    await publish(['h'], 'high');
    await publish(['l'], 'low');
    const { claims } = await exchange([], { levels: ['low', 'high'], max: 2 });
    assert.deepEqual(idsOf(claims), ['l', deep.id]);
    assert.deepEqual(
      claims.map(({ message }) => message.priority),
      ['low', 'low'],
    );
    assert.deepEqual(idsOf((await exchange([], { levels: ['low', 'high'] })).claims), ['h']);
  });

  it('shows the counts of each level, and pages through both places in which messages wait', async () => {
    const plain = stage.plainQueue();
    const bare = await plain.addBulk(Array.from({ length: 3 }, (_, data) => ({ name: 'mail', data })));
    await publish(['n1', 'n2', 'n3']);
    await publish(['c1'], 'critical');
    assert.deepEqual((await store.stats()).waiting, { critical: 1, high: 0, normal: 6, low: 0 });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list('waiting', cursor, 2);
      assert.ok(page.items.length <= 2);
      seen.push(...page.items.map(({ message }) => message.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, [...bare.map(({ id }) => id), 'c1', 'n1', 'n2', 'n3']);
    assert.deepEqual(idsOf((await exchange([])).claims), seen);
  });

  it('leaves running what our lease holds, however often a plain worker looks for stalled jobs', async () => {
    await publish(['held']);
    const { claims } = await exchange([]);
    const worker = stage.plainWorker(async () => undefined, { stalledInterval: 20 });
    const stalled: string[] = [];
    worker.on('stalled', (id) => void stalled.push(id));
    const looks = await stage.plainQueue().add('mail', 'marker', { delay: 150 });
    await until(async () => (await stage.plainQueue().getJobState(String(looks.id))) === 'completed');
    assert.deepEqual(stalled, []);
    assert.deepEqual((await exchange(claims.map(({ receipt }) => ({ receipt, outcome: 'complete' })))).settled, ['settled']);
  });

  it('is woken by a plain add, and wakes a plain worker: neither looks now and then', async () => {
    const queue = stage.ours();
    let handledAt = 0;
    queue.process('mail', () => {
      handledAt = performance.now();
    });
    await queue.start();
    await publish(['first']);
    await until(() => handledAt > 0);
    const begun = performance.now();
    await stage.plainQueue().add('mail', 1);
    await until(() => handledAt > begun);
    assert.ok(handledAt - begun < 1_000, `after ${handledAt - begun} ms`);
    await queue.stop();
    let plainAt = 0;
    const worker = stage.plainWorker(async () => {
      plainAt = performance.now();
    });
    await worker.waitUntilReady();
    await publish(['theirs']);
    const published = performance.now();
    await until(() => plainAt > 0);
    assert.ok(plainAt - published < 1_000, `after ${plainAt - published} ms`);
  });
});
