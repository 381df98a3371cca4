import assert from 'node:assert/strict';
import { createCaseTime } from '#src/time.js';

const patienceMs = 40;

describe('time on a test clock', () => {
  it('stands still while a case waits with eventually', async () => {
    const time = createCaseTime('test', patienceMs);
    const before = time.clock.now();
    let isDone = false;
    setTimeout(() => {
      isDone = true;
    }, 5);
    await time.eventually(() => isDone, 'it is done');
    assert.equal(time.clock.now(), before);
  });

  it('moves with within until the condition holds, and not much further', async () => {
    const time = createCaseTime('test', patienceMs);
    const before = time.clock.now();
    let firedAt = 0;
    time.clock.setTimer(() => {
      firedAt = time.clock.now() - before;
    }, 3_000);
    await time.within('10s', () => firedAt > 0, 'the timer fires');
    assert.equal(firedAt, 3_000);
    assert.ok(time.clock.now() - before <= 3_100);
  });

  it('lets a call to the backend return before it moves on', async () => {
    const time = createCaseTime('test', 1_000);
    const answers: number[] = [];
    const call = async (answer: number) => {
      await time.track(new Promise((resolve) => void setTimeout(resolve, 5)));
      answers.push(answer);
    };
    time.clock.setTimer(() => void call(1), 100);
    time.clock.setTimer(() => void assert.deepEqual(answers, [1]), 200);
    await time.advance('1s');
    assert.deepEqual(answers, [1]);
  });

  it('lets what the server pushed because of a call arrive before it moves on, and the calls that follow from it', async () => {
    const log: string[] = [];
    const later = (what: string) => new Promise<void>((resolve) => void setTimeout(() => resolve(void log.push(what)), 5));
    let isPushed = false;
    const time = createCaseTime('test', 1_000, async () => {
      await later('pushed');
      if (isPushed) return;
      isPushed = true;
      void time.track(later('called'));
    });
    time.clock.setTimer(() => void time.track(later('published')), 100);
    time.clock.setTimer(() => void log.push('time moved on'), 200);
    await time.advance('1s');
    assert.deepEqual(log, ['published', 'pushed', 'called', 'pushed', 'time moved on']);
  });

  it('waits once for calls that a dead server leaves unanswered', async () => {
    const time = createCaseTime('test', patienceMs);
    void time.track(new Promise(() => undefined));
    const begun = performance.now();
    for (let step = 0; step < 20; step++) await time.advance('1s');
    assert.ok(performance.now() - begun < 10 * patienceMs);
  });
});

for (const clock of ['test', 'server'] as const) {
  describe(`a condition that never holds, on a ${clock} clock`, () => {
    it('is a failure that says what was waited for', async () => {
      const time = createCaseTime(clock, patienceMs);
      await assert.rejects(
        time.eventually(() => false, 'the moon'),
        /waited in vain for: the moon$/,
      );
      await assert.rejects(
        time.within('30ms', async () => false, 'the moon'),
        /waited in vain for: the moon, within 30ms$/,
      );
    });
  });
}

describe("time on a server's clock", () => {
  it('refuses a wait that would take too long for real', async () => {
    await assert.rejects(createCaseTime('server', patienceMs).advance('1h'), /needs 'testClock'/);
  });
});
