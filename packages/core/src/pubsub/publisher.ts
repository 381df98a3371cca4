import { readOptions } from '../call-options.js';
import { PayloadError, TimeoutError } from '../errors.js';
import { checkHeaders } from '../message/headers.js';
import type { Headers } from '../message/message.js';
import { checkChannelName } from '../message/names.js';
import { validatePayload } from '../message/validate.js';
import type { EventPublishOptions } from '../ports/pubsub.js';
import { withDeadline } from '../time/deadline.js';
import { durationToMs } from '../time/duration.js';
import type { PubSubEngine } from './engine.js';
import { lineHeadBytes, writeRest } from './frames.js';
import type { Outbox } from './outbox.js';
import { OutgoingEvent } from './outgoing.js';

/** An event whose payload is not encoded yet. */
interface Draft {
  readonly id: string;
  readonly channel: string;
  readonly headers: Headers | undefined;
  /** Of the payload's declared type, where it is not 1. */
  readonly version: number | undefined;
  readonly deadline: number;
}

/** Checks and encodes an event, alone and before anything is sent, so that a bad one never fails its neighbours. */
export class Publisher {
  readonly #engine: PubSubEngine;
  readonly #outbox: Outbox;
  /** A name that is right: the latest, since those of a turn are mostly the same. */
  #checkedChannel = 'channel';
  /** Of each channel the latest event whose schema is still at work. */
  readonly #validating = new Map<string, Promise<unknown>>();

  constructor(engine: PubSubEngine, outbox: Outbox) {
    this.#engine = engine;
    this.#outbox = outbox;
  }

  publish(channel: string, payload: unknown, options: EventPublishOptions | undefined): Promise<string> {
    try {
      return this.#publish(channel, payload, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Not asynchronous where the schema is not: each promise more is felt where hundreds are published in a turn. */
  #publish(channel: string, payload: unknown, options: EventPublishOptions | undefined): Promise<string> {
    const { clock, definitions, ids, settings } = this.#engine;
    if (channel !== this.#checkedChannel) checkChannelName('channel', channel);
    this.#checkedChannel = channel;
    const { headers: givenHeaders, timeout = settings.publishTimeoutMs } = readOptions(options);
    const headers = checkHeaders(givenHeaders);
    const timeoutMs = durationToMs(timeout, 'options.timeout');
    const definition = definitions.get(channel);
    const version = definition?.version === 1 ? undefined : definition?.version;
    const draft: Draft = { id: ids.next(), channel, headers, version, deadline: clock.monotonic() + timeoutMs };
    if (definition === undefined) return this.#send(draft, payload);
    const value = validatePayload(channel, definition, payload);
    if (!(value instanceof Promise) && !this.#validating.has(channel)) return this.#send(draft, value);
    return this.#inOrder(channel, draft.id, value, timeoutMs).then((validated) => this.#send(draft, validated));
  }

  #send({ id, channel, headers, version, deadline }: Draft, value: unknown): Promise<string> {
    const { codec } = this.#engine;
    const encoded = codec.encode(value);
    const rest = writeRest(codec, encoded, headers, version);
    const event = new OutgoingEvent(id, channel, rest, this.#checkSize(channel, encoded, rest), deadline);
    this.#outbox.add(event);
    return event.confirmed;
  }

  /** Asynchronous schemas settle in any order; their events leave in the order of the calls. */
  async #inOrder(channel: string, id: string, validation: unknown, timeoutMs: number): Promise<unknown> {
    const before = this.#validating.get(channel);
    const validated = withDeadline(this.#engine.clock, Promise.resolve(validation), timeoutMs, () => {
      return new TimeoutError(`the schema of '${channel}' did not answer in time`, { outcome: 'not-published', ids: [id] });
    });
    const turn = Promise.allSettled([before, validated]);
    this.#validating.set(channel, turn);
    await turn;
    if (this.#validating.get(channel) === turn) this.#validating.delete(channel);
    return validated;
  }

  #checkSize(channel: string, encoded: string, rest: string): number {
    const most = this.#engine.settings.maxPayloadBytes;
    const { maxFrameBytes } = this.#engine.transport.capabilities;
    const bytes = lineHeadBytes + Buffer.byteLength(rest);
    if (bytes > most) {
      const payloadBytes = Buffer.byteLength(encoded);
      if (payloadBytes > most) throw tooLarge(channel, `${payloadBytes} bytes encoded; allowed are ${most}`);
    }
    if (bytes > maxFrameBytes) {
      throw tooLarge(channel, `${bytes} bytes with its envelope; the backend takes ${maxFrameBytes}`);
    }
    return bytes;
  }
}

function tooLarge(channel: string, message: string): PayloadError {
  return new PayloadError(`the event on '${channel}' is too large`, [{ path: 'payload', message }]);
}
