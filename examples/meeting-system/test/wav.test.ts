import assert from 'node:assert/strict';
import { decodeWav, encodeWav } from '#src/audio/wav.js';
import { MediaFormatError } from '#src/media-format-error.js';

const steps = Float32Array.from([0, 1, -1, 12_345, -12_345, 32_767, -32_768], (step) => step / 32_768);

/** Puts a chunk between the header and the format, as recorders do. */
function withChunk(file: Buffer, name: string, bytes: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, 'latin1');
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([file.subarray(0, 12), head, bytes, Buffer.alloc(bytes.length % 2), file.subarray(12)]);
}

describe('WAV', () => {
  it('gives back every 16-bit step exactly', () => {
    const { sampleRate, samples } = decodeWav(encodeWav({ sampleRate: 16_000, samples: steps }));
    assert.equal(sampleRate, 16_000);
    assert.deepEqual(samples, steps);
  });

  it('cuts what is louder than full scale instead of turning it over', () => {
    const { samples } = decodeWav(encodeWav({ sampleRate: 8_000, samples: Float32Array.of(1.5, -1.5) }));
    assert.deepEqual(samples, Float32Array.of(32_767 / 32_768, -1));
  });

  it('passes over chunks that it does not know, also of odd size', () => {
    const file = withChunk(encodeWav({ sampleRate: 16_000, samples: steps }), 'LIST', Buffer.from('odd'));
    assert.deepEqual(decodeWav(file).samples, steps);
  });

  it('mixes two channels to one', () => {
    const file = encodeWav({ sampleRate: 16_000, samples: Float32Array.of(0.5, -0.25, 0.25, 0.25) });
    file.writeUInt16LE(2, 22);
    assert.deepEqual(decodeWav(file).samples, Float32Array.of(0.125, 0.25));
  });

  const whole = encodeWav({ sampleRate: 16_000, samples: steps });
  const eightBit = Buffer.from(whole);
  eightBit.writeUInt16LE(8, 34);
  const compressed = Buffer.from(whole);
  compressed.writeUInt16LE(85, 20);
  const damaged: readonly [string, Buffer][] = [
    ['an empty file', Buffer.alloc(0)],
    ['text', Buffer.from('this is no sound at all, it is a sentence')],
    ['a file that was cut', whole.subarray(0, whole.length - 3)],
    ['a file without data', whole.subarray(0, 36)],
    ['8-bit samples', eightBit],
    ['MP3 in a WAV', compressed],
  ];
  for (const [what, file] of damaged) {
    it(`refuses ${what}`, () => assert.throws(() => decodeWav(file), MediaFormatError));
  }
});
