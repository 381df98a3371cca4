import { type Codec, jsonCodec } from '../message/codec.js';
import { timeOfId } from '../message/ids.js';
import type { Headers } from '../message/message.js';
import type { Frame } from '../ports/pubsub.js';
import type { OutgoingEvent } from './outgoing.js';
import type { Stamps } from './stamps.js';

/** A reader that meets a higher one can't read the line. */
const envelopeVersion = 1;

/**
 * One event as one line of JSON, in short keys: the envelope's version, id, the publisher's epoch and its sequence on the channel, headers,
 * the version of the payload's declared type where it is not 1, and the payload: `p` where it is JSON itself, `t` where another codec
 * made a text of its own.
 */
interface Envelope {
  readonly q: number;
  readonly i: string;
  readonly e: string;
  readonly s: number;
  readonly h?: Headers;
  readonly v?: number;
  readonly p?: unknown;
  readonly t?: string;
}

/** The end of a line, from after the stamp on, and ready before it. */
export function writeRest(codec: Codec, encoded: string, headers: Headers | undefined, version: number | undefined): string {
  const headersPart = headers === undefined ? '' : `,"h":${JSON.stringify(headers)}`;
  const versionPart = version === undefined ? '' : `,"v":${version}`;
  return `${headersPart}${versionPart},${codec === jsonCodec ? `"p":${encoded}` : `"t":${JSON.stringify(encoded)}`}}`;
}

/** Bytes of a line beside its rest, with the longest stamp. */
export const lineHeadBytes = `{"q":1,"i":"${'i'.repeat(16)}","e":"${'e'.repeat(16)}","s":${Number.MAX_SAFE_INTEGER}`.length;

/**
 * Stamps the events and packs them, in order. Neighbours on one channel share a frame as long as it fits; a change of channel begins
 * a new one, so that a subscriber of a pattern sees a publisher's events in their order too.
 */
export function packFrames(events: readonly OutgoingEvent[], stamps: Stamps, maxFrameBytes: number): Frame[] {
  const frames: Frame[] = [];
  let channel = '';
  let lines: string[] = [];
  let bytes = 0;
  const close = () => {
    if (lines.length > 0) frames.push({ channel, body: lines.join('\n') });
  };
  for (const event of events) {
    if (event.channel !== channel || bytes + 1 + event.bytes > maxFrameBytes) {
      close();
      channel = event.channel;
      lines = [];
      bytes = 0;
    }
    lines.push(`{"q":${envelopeVersion},"i":"${event.id}","e":"${stamps.epoch}","s":${stamps.next(channel)}${event.rest}`);
    bytes += 1 + event.bytes;
  }
  close();
  return frames;
}

/** What a handler is given of a line, besides channel, id and time. */
export interface Contents {
  readonly headers: Headers;
  readonly version: number;
  readonly payload: unknown;
}

/** The publisher's stamp. */
export interface Stamp {
  readonly epoch: string;
  readonly sequence: number;
}

/** One event as it came in. */
export interface ReceivedEvent {
  readonly channel: string;
  readonly id: string;
  readonly publishedAt: number;
  /** Absent where the publisher is a stranger. */
  readonly stamp: Stamp | undefined;
  /** Fresh objects at each call. @throws where the codec can't read the payload. */
  contents(codec: Codec): Contents;
}

/** A line read once, and again for every further handler: so none sees what another does to its copy, and the first pays nothing. */
class ReceivedLine {
  readonly channel: string;
  readonly id: string;
  readonly publishedAt: number;
  readonly stamp: Stamp | undefined;
  readonly #line: string;
  #parsed: unknown;

  constructor(channel: string, line: string, parsed: unknown, id: string, publishedAt: number, stamp: Stamp | undefined) {
    this.channel = channel;
    this.id = id;
    this.publishedAt = publishedAt;
    this.stamp = stamp;
    this.#line = line;
    this.#parsed = parsed;
  }

  contents(codec: Codec): Contents {
    const value = this.#parsed === undefined ? (JSON.parse(this.#line) as unknown) : this.#parsed;
    this.#parsed = undefined;
    if (this.stamp === undefined) return { headers: {}, version: 1, payload: value };
    const { h = {}, v = 1, p, t } = value as Envelope;
    return { headers: h, version: v, payload: t === undefined ? p : codec.decode(t) };
  }
}

/**
 * Reads one line. JSON that is not ours, from a stranger, is an event whose payload it is: `foreign` gives it an id and a time.
 * @throws SyntaxError where it is not JSON; RangeError where a later version of the library wrote it.
 */
export function readLine(channel: string, line: string, foreign: () => { readonly id: string; readonly at: number }): ReceivedEvent {
  const parsed = JSON.parse(line) as unknown;
  if (!isEnvelope(parsed)) {
    const { id, at } = foreign();
    return new ReceivedLine(channel, line, parsed, id, at, undefined);
  }
  if (parsed.q > envelopeVersion) throw new RangeError(`the envelope's version ${parsed.q} is newer than this library knows`);
  return new ReceivedLine(channel, line, parsed, parsed.i, timeOfId(parsed.i), { epoch: parsed.e, sequence: parsed.s });
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { q, i, e, s, h } = value as Partial<Envelope>;
  if (typeof q !== 'number' || typeof i !== 'string' || typeof e !== 'string' || typeof s !== 'number') return false;
  return h === undefined || (typeof h === 'object' && h !== null && Object.values(h).every((text) => typeof text === 'string'));
}
