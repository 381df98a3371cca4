import assert from 'node:assert/strict';
import { GuardedStore } from '#src/lease-guard/guarded-store.js';
import type { Claim, Exchange, LeaseState, QueueStore } from '#src/ports/queue-store.js';

const receipt = (token: string) => ({ id: `m-${token}`, token });
const request = { max: 2, startNow: 1, visibilityTimeoutMs: 3_000, levels: ['normal'] } as const;

/** Answers as it is told to; what it is not told of fails. */
function scripted(answers: { readonly claims?: readonly string[]; readonly states?: readonly LeaseState[] }): QueueStore {
  const claims = (answers.claims ?? []).map((token) => ({ receipt: receipt(token) }) as Claim);
  return {
    exchange: async (): Promise<Exchange> => ({ settled: [], claims, isPaused: false }),
    extend: async () => answers.states ?? [],
  } as Partial<QueueStore> as QueueStore;
}

function guard(store: QueueStore): { readonly store: QueueStore; readonly told: string[] } {
  const told: string[] = [];
  const tokens = (held: readonly { readonly token: string }[]) => held.map(({ token }) => token).join('+');
  const tell = (held: readonly { readonly token: string }[], dropped: readonly string[], forMs: number) =>
    void told.push(`held ${tokens(held)} dropped ${dropped.join('+')} for ${forMs}`);
  return { store: new GuardedStore(store, tell), told };
}

describe('a guarded store', () => {
  it('tells what is claimed, before the engine has it', async () => {
    const { store, told } = guard(scripted({ claims: ['a', 'b'] }));
    const order: string[] = [];
    await store.exchange([], request).then(() => order.push(...told));
    assert.deepEqual(order, ['held a+b dropped  for 3000']);
  });

  it('tells a settlement when it is sent, also where its reply is lost', async () => {
    const lost = { ...scripted({}), exchange: () => Promise.reject(new Error('the reply was lost')) };
    const { store, told } = guard(lost);
    await assert.rejects(store.exchange([{ receipt: receipt('a'), outcome: 'complete' }], request));
    assert.deepEqual(told, ['held  dropped a for 0']);
  });

  it('tells what a heartbeat renewed, and what it found lost', async () => {
    const { store, told } = guard(scripted({ states: ['held', 'lost', 'cancel-requested'] }));
    const leases = ['a', 'b', 'c'].map((token) => ({ receipt: receipt(token), isStarted: true }));
    await store.extend(leases, 3_000);
    assert.deepEqual(told, ['held a+c dropped b for 3000']);
  });

  it('says nothing where nothing is claimed or settled', async () => {
    const { store, told } = guard(scripted({}));
    await store.exchange([], request);
    assert.deepEqual(told, []);
  });
});
