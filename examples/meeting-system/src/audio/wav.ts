import { MediaFormatError } from '../media-format-error.js';
import type { Signal } from './signal.js';

/** "Multimedia Programming Interface and Data Specifications 1.0" (Microsoft and IBM, 1991): RIFF chunks, little endian. */
const riffHeaderBytes = 12;
const chunkHeaderBytes = 8;
const formatBytes = 16;
const pcm = 1;
const fullScale = 32768;

/** One channel, 16 bits. Samples outside -1 to 1 are cut to the range. */
export function encodeWav({ sampleRate, samples }: Signal): Buffer {
  const dataBytes = samples.length * 2;
  const dataStart = riffHeaderBytes + chunkHeaderBytes + formatBytes + chunkHeaderBytes;
  const file = Buffer.alloc(dataStart + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - chunkHeaderBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(formatBytes, 16);
  file.writeUInt16LE(pcm, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  for (const [index, sample] of samples.entries()) {
    file.writeInt16LE(Math.max(-fullScale, Math.min(fullScale - 1, Math.round(sample * fullScale))), dataStart + index * 2);
  }
  return file;
}

/** Reads 16-bit PCM; several channels are mixed to one. @throws MediaFormatError that says what is wrong with the file */
export function decodeWav(file: Buffer): Signal {
  if (file.length < riffHeaderBytes || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new MediaFormatError('not a WAV file: it does not begin with RIFF … WAVE');
  }
  const chunks = findChunks(file);
  const format = readFormat(chunks.get('fmt '));
  const data = chunks.get('data');
  if (data === undefined) throw new MediaFormatError('a WAV file without a data chunk');
  return { sampleRate: format.sampleRate, samples: mixToOne(data, format.channels) };
}

function findChunks(file: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  let place = riffHeaderBytes;
  while (place + chunkHeaderBytes <= file.length) {
    const name = file.toString('latin1', place, place + 4);
    const size = file.readUInt32LE(place + 4);
    const start = place + chunkHeaderBytes;
    if (start + size > file.length) {
      throw new MediaFormatError(`the WAV chunk '${name}' promises ${size} bytes, the file has ${file.length - start}`);
    }
    chunks.set(name, file.subarray(start, start + size));
    // A chunk of odd size is followed by a byte of padding.
    place = start + size + (size % 2);
  }
  return chunks;
}

function readFormat(chunk: Buffer | undefined): { readonly sampleRate: number; readonly channels: number } {
  if (chunk === undefined || chunk.length < formatBytes) throw new MediaFormatError('a WAV file without a format chunk');
  const encoding = chunk.readUInt16LE(0);
  const channels = chunk.readUInt16LE(2);
  const sampleRate = chunk.readUInt32LE(4);
  const bits = chunk.readUInt16LE(14);
  if (encoding !== pcm || bits !== 16)
    throw new MediaFormatError(`only 16-bit PCM is read; this is encoding ${encoding} with ${bits} bits`);
  if (channels === 0 || sampleRate === 0) throw new MediaFormatError(`a WAV file with ${channels} channels at ${sampleRate} Hz`);
  return { sampleRate, channels };
}

function mixToOne(data: Buffer, channels: number): Float32Array {
  const samples = new Float32Array(Math.floor(data.length / 2 / channels));
  for (let index = 0; index < samples.length; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data.readInt16LE((index * channels + channel) * 2);
    samples[index] = sum / channels / fullScale;
  }
  return samples;
}
