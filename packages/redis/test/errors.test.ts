import assert from 'node:assert/strict';
import { CapacityError, ClosedError, ConnectionError } from '@quayside/core';
import { refusalCode, toQuaysideError } from '#src/errors.js';

/** As ioredis makes it of what the server says: with the command, and so with all that it was given. */
function refusal(message: string): Error {
  const error = Object.assign(new Error(message), { command: { name: 'evalsha', args: ['hunter2', 'a payload'] } });
  return Object.defineProperty(error, 'name', { value: 'ReplyError' });
}

function fateOf(error: unknown): string | undefined {
  const mapped = toQuaysideError(error);
  assert.ok(mapped instanceof ConnectionError || mapped instanceof CapacityError);
  return mapped.outcome;
}

describe('toQuaysideError', () => {
  it('says not-published only of what certainly did not run', () => {
    for (const message of [
      'OOM command not allowed when used memory > maxmemory. script: 12ab, on @user_script:7.',
      'ERR Error running script (call to f_12ab): @user_script:7: -OOM command not allowed when used memory > maxmemory.',
      "READONLY You can't write against a read only replica.",
      'LOADING Redis is loading the dataset in memory',
      'BUSY Redis is busy running a script.',
      'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
      'CLUSTERDOWN The cluster is down',
      "CROSSSLOT Keys in request don't hash to the same slot",
      'NOAUTH Authentication required.',
    ]) {
      assert.equal(fateOf(refusal(message)), 'not-published', message);
    }
    assert.equal(fateOf(new Error("Stream isn't writeable and enableOfflineQueue options is false")), 'not-published');
    assert.equal(fateOf(new Error("Cluster isn't ready and enableOfflineQueue options is false")), 'not-published');
  });

  it('says unknown of all the rest: cut, or stopped in the middle of a script', () => {
    for (const error of [
      new Error('Connection is closed.'),
      refusal('WRONGTYPE Operation against a key holding the wrong kind of value script: 12ab, on @user_script:90.'),
      refusal('NOPERM this user has no permissions to access one of the channels used as arguments script: 12ab, on @user_script:9.'),
      refusal('ERR something new'),
      'a text',
    ]) {
      assert.equal(fateOf(error), 'unknown', String(error));
    }
  });

  it('tells want of memory from a lost connection', () => {
    assert.ok(toQuaysideError(refusal('OOM command not allowed')) instanceof CapacityError);
    assert.ok(toQuaysideError(refusal('LOADING Redis is loading')) instanceof ConnectionError);
  });

  it('passes on nothing of the command that failed', () => {
    for (const message of ['OOM command not allowed', 'ERR wrong']) {
      const error = toQuaysideError(refusal(message));
      assert.equal(error.cause, undefined);
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /hunter2|payload/);
    }
  });

  it('leaves an error of ours as it is', () => {
    const error = new ClosedError('it');
    assert.equal(toQuaysideError(error), error);
  });

  it('says what to do about a refusal that the user can help', () => {
    assert.match(toQuaysideError(refusal('MOVED 3999 127.0.0.1:6381')).message, /give its nodes as `cluster`/);
  });

  it('reads the word of a refusal, also from within a script', () => {
    assert.equal(refusalCode(refusal('READONLY no')), 'READONLY');
    assert.equal(refusalCode(refusal('ERR Error running script (call to f_1): @user_script:1: -READONLY no')), 'READONLY');
    assert.equal(refusalCode(new Error('READONLY no')), undefined);
  });
});
