import assert from 'node:assert/strict';
import { createTestManager, silentLogger } from '@quayside/core';
import { type AnalysedClip, analyseClips } from '#src/meeting/analysis.js';
import type { AnalysisTasks } from '#src/messages.js';

describe('the analysis of all clips', () => {
  it('answers in the order of the batch, whoever is done first, each with the one end that was called back', async () => {
    const { manager, clock } = await createTestManager({ message_queue: { type: 'redis', workers: 10 }, task_dispatcher: {} });
    const dispatcher = manager.dispatcher<AnalysisTasks>();
    const waiting: (() => void)[] = [];
    dispatcher.process('clip_analysis', async ({ payload }) => {
      if (payload.track === 'lost.wav') throw new Error('lost.wav is lost');
      await new Promise<void>((resolve) => void waiting.unshift(resolve));
      return { track: payload.track };
    });
    await manager.start();
    let clips: readonly AnalysedClip[] = [];
    const analysing = analyseClips(dispatcher, silentLogger).then((answer) => {
      clips = answer;
    });
    await clock.advance('200ms');
    assert.equal(waiting.length, 5);
    for (const resolve of waiting) {
      resolve();
      await clock.settle();
    }
    await analysing;
    assert.deepEqual(
      clips.map(({ clip, told }) => [clip, ...told]),
      [
        ['host.wav', 'completed'],
        ['analyst.wav', 'completed'],
        ['guest.wav', 'completed'],
        ['room.wav', 'completed'],
        ['street.wav', 'completed'],
        ['lost.wav', 'failed'],
      ],
    );
    assert.deepEqual(clips.map(({ result }) => result.status).slice(4), ['fulfilled', 'rejected']);
    await Promise.all([manager.stop({ graceMs: 0 }), clock.advance('2s')]);
  });

  it('ends in time where nobody works: what has not ended is rejected, and nothing was told of it', async () => {
    const { manager, clock } = await createTestManager({ message_queue: { type: 'redis' }, task_dispatcher: {} });
    let clips: readonly AnalysedClip[] = [];
    const analysing = analyseClips(manager.dispatcher<AnalysisTasks>(), silentLogger).then((answer) => {
      clips = answer;
    });
    await clock.advance('6s');
    await analysing;
    assert.equal(clips.length, 6);
    assert.ok(clips.every(({ result }) => result.status === 'rejected' && result.reason.name === 'TimeoutError'));
    await Promise.all([manager.stop({ graceMs: 0 }), clock.advance('2s')]);
  });
});
