import assert from 'node:assert/strict';
import sinon from 'sinon';
import { Heartbeat } from '#src/time/heartbeat.js';

describe('Heartbeat', () => {
  let time: sinon.SinonFakeTimers;
  let pings = 0;
  let silences = 0;
  let heartbeat: Heartbeat;

  beforeEach(() => {
    time = sinon.useFakeTimers();
    [pings, silences] = [0, 0];
    heartbeat = new Heartbeat(
      () => void pings++,
      () => void silences++,
    );
  });

  afterEach(() => {
    heartbeat.stop();
    time.restore();
  });

  it('asks once a second', () => {
    for (let second = 1; second <= 10; second++) {
      time.tick(1_000);
      assert.equal(pings, second);
      heartbeat.heard();
    }
    assert.equal(silences, 0);
  });

  it('tells silence once, 3 to 4 s after the last sign of life, and asks no more', () => {
    time.tick(1_500);
    heartbeat.heard();
    time.tick(3_000);
    assert.equal(silences, 0);
    time.tick(1_000);
    assert.equal(silences, 1);
    time.tick(60_000);
    assert.deepEqual([pings, silences], [4, 1]);
  });

  it('takes nobody for dead while this process was busy', () => {
    time.tick(1_000);
    // A timer that is late by a minute fires once, not sixty times.
    time.setSystemTime(60_000);
    time.tick(1_000);
    assert.equal(silences, 0);
  });

  it('stopped it does nothing any more', () => {
    heartbeat.stop();
    time.tick(60_000);
    assert.deepEqual([pings, silences], [0, 0]);
  });
});
