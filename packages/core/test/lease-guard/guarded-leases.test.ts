import assert from 'node:assert/strict';
import { GuardedLeases, silentAfterMs } from '#src/lease-guard/guarded-leases.js';

const queue = { name: 'tasks', visibilityTimeoutMs: 4_000, maxBlockedMs: 10_000 };
const lease = (token: string) => ({ id: `m-${token}`, token });
const tokensDue = (leases: GuardedLeases, now: number, lastSign: number) => leases.due(now, lastSign).map(({ token }) => token);

describe('guarded leases', () => {
  let leases: GuardedLeases;
  beforeEach(() => {
    leases = new GuardedLeases(queue);
    leases.hold([lease('a')], 4_000);
  });

  it('are left alone while the main thread gives signs of life, however near their end', () => {
    assert.deepEqual(tokensDue(leases, 3_900, 3_900 - silentAfterMs), []);
  });

  it('are renewed once half of their time is over, where it is silent', () => {
    assert.deepEqual(tokensDue(leases, 1_900, 0), []);
    assert.deepEqual(tokensDue(leases, 2_100, 0), ['a']);
  });

  it('have their time anew after that', () => {
    leases.hold([lease('a')], 2_100 + 4_000);
    assert.deepEqual(tokensDue(leases, 4_000, 0), []);
    assert.deepEqual(tokensDue(leases, 4_200, 0), ['a']);
  });

  it('are let go where it is silent for longer than the queue allows', () => {
    leases.hold([lease('a')], 11_900);
    assert.deepEqual(tokensDue(leases, 10_000, 0), ['a']);
    assert.deepEqual(tokensDue(leases, 10_001, 0), []);
  });

  it('that were settled or lost are not renewed', () => {
    leases.hold([lease('b')], 4_000);
    leases.drop(['a']);
    assert.deepEqual(tokensDue(leases, 2_100, 0), ['b']);
  });

  it('that the main thread let run out are forgotten, and not renewed at its next silence', () => {
    leases.due(4_001, 4_001);
    assert.equal(leases.size, 0);
  });
});
