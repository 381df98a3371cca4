import assert from 'node:assert/strict';
import { findVoiceActivity } from '#src/audio/voice-activity.js';
import { seededRandom } from '#src/meeting/random.js';
import { addHiss, sampleRate, speak } from '#src/meeting/speech.js';

const bursts = [
  { startSeconds: 0.5, endSeconds: 1.5 },
  { startSeconds: 2.0, endSeconds: 2.6 },
];

describe('voice activity', () => {
  for (const signalToNoiseDb of [20, 10, 5]) {
    it(`finds the planted bursts at ${signalToNoiseDb} dB above the hiss, each edge within 0.1 s`, () => {
      const clip = addHiss(speak(3, bursts, 140), signalToNoiseDb, seededRandom(signalToNoiseDb));
      const { segments, speechSeconds, totalSeconds } = findVoiceActivity(clip);
      assert.equal(segments.length, bursts.length, JSON.stringify(segments));
      for (const [index, segment] of segments.entries()) {
        assert.ok(Math.abs(segment.startSeconds - (bursts[index]?.startSeconds ?? 0)) < 0.1, JSON.stringify(segments));
        assert.ok(Math.abs(segment.endSeconds - (bursts[index]?.endSeconds ?? 0)) < 0.1, JSON.stringify(segments));
      }
      assert.ok(Math.abs(speechSeconds - 1.6) < 0.2, `${speechSeconds} s`);
      assert.equal(totalSeconds, 3);
    });
  }

  it('does not depend on how loud the recording is', () => {
    const clip = addHiss(speak(3, bursts, 140), 10, seededRandom(1));
    const quiet = { sampleRate, samples: clip.samples.map((sample) => sample / 50) };
    assert.deepEqual(findVoiceActivity(quiet).segments, findVoiceActivity(clip).segments);
  });

  it('hears nobody in plain hiss', () => {
    const samples = new Float32Array(2 * sampleRate).map(() => 0.1);
    const random = seededRandom(7);
    assert.deepEqual(findVoiceActivity({ sampleRate, samples: samples.map((level) => level * (random() - 0.5)) }).segments, []);
  });

  it('hears nobody in silence, nor in an empty clip', () => {
    assert.deepEqual(findVoiceActivity({ sampleRate, samples: new Float32Array(sampleRate) }).segments, []);
    assert.equal(findVoiceActivity({ sampleRate, samples: new Float32Array(0) }).speechSeconds, 0);
  });

  it('takes a click for no speech', () => {
    const { samples } = addHiss(speak(2, [{ startSeconds: 0.5, endSeconds: 1.2 }], 140), 20, seededRandom(3));
    samples.fill(0.9, 1.6 * sampleRate, 1.62 * sampleRate);
    assert.equal(findVoiceActivity({ sampleRate, samples }).segments.length, 1);
  });
});
