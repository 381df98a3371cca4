import type { ChannelFilter, Clock, FrameReceiver, Timer } from '@quayside/core';

/** A frame that a reader has not handled yet. */
interface Kept {
  readonly channel: string;
  readonly body: string;
  deliveries: number;
}

interface Member {
  readonly most: number;
  readonly receive: FrameReceiver;
  inHand: number;
}

/** A durable name on its channel or pattern: it keeps frames for as long as the backend lives, whoever comes and goes. */
class Reader {
  readonly filter: ChannelFilter;
  readonly #clock: Clock;
  readonly #members: Member[] = [];
  /** Those that wait to be handed out again later. */
  readonly #delays = new Set<Timer>();
  #waiting: Kept[] = [];
  #isPumping = false;
  #isEnded = false;

  constructor(filter: ChannelFilter, clock: Clock) {
    this.filter = filter;
    this.#clock = clock;
  }

  keep(frame: Kept): void {
    this.#waiting.push(frame);
    this.#pumpSoon();
  }

  join(member: Member): void {
    this.#members.push(member);
    this.#pumpSoon();
  }

  leave(member: Member): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
  }

  end(): void {
    this.#isEnded = true;
    for (const timer of this.#delays) timer.cancel();
    this.#waiting = [];
    this.#members.length = 0;
  }

  /** Not before the caller has returned. */
  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  /** In turn, to those with room. */
  #pump(): void {
    let handed = 0;
    for (const frame of this.#waiting) {
      const member = this.#members.find(({ inHand, most }) => inHand < most);
      if (member === undefined) break;
      this.leave(member);
      this.#members.push(member);
      handed++;
      void this.#handOver(frame, member);
    }
    this.#waiting = this.#waiting.slice(handed);
  }

  async #handOver(frame: Kept, member: Member): Promise<void> {
    member.inHand++;
    frame.deliveries++;
    const result = await member.receive(frame.channel, frame.body, frame.deliveries);
    member.inHand--;
    if (this.#isEnded) return;
    if (result?.outcome === 'again') this.#keepLater(frame, result.delayMs);
    this.#pumpSoon();
  }

  #keepLater(frame: Kept, delayMs: number): void {
    if (delayMs === 0) {
      this.keep(frame);
      return;
    }
    const timer = this.#clock.setTimer(
      () => {
        this.#delays.delete(timer);
        this.keep(frame);
      },
      delayMs,
      { unref: true },
    );
    this.#delays.add(timer);
  }
}

/** The durable subscriptions of a transport. */
export class DurableReaders {
  readonly #clock: Clock;
  readonly #readers = new Map<string, Reader>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  publish(channel: string, body: string): void {
    for (const reader of this.#readers.values()) if (reader.filter.matches(channel)) reader.keep({ channel, body, deliveries: 0 });
  }

  /** Answers how to leave again. */
  join(filter: ChannelFilter, name: string, most: number, receive: FrameReceiver): () => void {
    const key = toKey(filter, name);
    const reader = this.#readers.get(key) ?? new Reader(filter, this.#clock);
    this.#readers.set(key, reader);
    const member = { most, receive, inHand: 0 };
    reader.join(member);
    return () => reader.leave(member);
  }

  delete(filter: ChannelFilter, name: string): boolean {
    const key = toKey(filter, name);
    this.#readers.get(key)?.end();
    return this.#readers.delete(key);
  }

  clear(): void {
    for (const reader of this.#readers.values()) reader.end();
    this.#readers.clear();
  }

  keys(): readonly string[] {
    return [...this.#readers.keys()];
  }
}

function toKey(filter: ChannelFilter, name: string): string {
  return `${filter.text} durable ${name}`;
}
