import type { Logger, PubSub, Subscription } from '@quayside/core';
import { Watch } from '../meeting/watch.js';
import type { MeetingChannels } from '../messages.js';
import { type Signal, type SignalChannels, signal, signalsOf } from '../signals.js';
import type { Service } from './service.js';

export interface SignalingCounts {
  readonly joined: readonly string[];
  readonly offers: number;
  readonly answers: number;
  /** Pairs of participants whose offer was answered. */
  readonly pairs: number;
  /** What was no signal, or came from nobody in the room. */
  readonly refused: number;
}

/**
 * Who is in which room, over one channel a room: it tells a newcomer who is there and everybody else that somebody came; offers and answers go from participant to
 * participant on the same channel. After a gap it tells all of them again who is there, so that a pair whose offer was lost tries once more.
 */
export class SignalingService implements Service {
  readonly #channels: PubSub<MeetingChannels>;
  readonly #signals: PubSub<SignalChannels>;
  readonly #meetingId: string;
  readonly #log: Logger;
  readonly #rooms = new Map<string, Set<string>>();
  readonly #joined: string[] = [];
  readonly #pairs = new Set<string>();
  readonly #watch = new Watch();
  #offers = 0;
  #answers = 0;
  #refused = 0;
  #subscription: Subscription | undefined;
  #forgetGaps = () => {};

  constructor(channels: PubSub<MeetingChannels>, signals: PubSub<SignalChannels>, meetingId: string, log: Logger) {
    this.#channels = channels;
    this.#signals = signals;
    this.#meetingId = meetingId;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#subscription = await this.#signals.subscribe('signals.*', ({ channel, payload }) => this.#hear(roomOf(channel), payload));
    this.#forgetGaps = this.#signals.on('gap', ({ channel }) => {
      const room = roomOf(channel);
      for (const participant of this.#rooms.get(room) ?? []) void this.#tellPeers(room, participant);
    });
  }

  async stop(): Promise<void> {
    this.#forgetGaps();
    await this.#subscription?.unsubscribe();
  }

  get counts(): SignalingCounts {
    const { size: pairs } = this.#pairs;
    return { joined: this.#joined, offers: this.#offers, answers: this.#answers, pairs, refused: this.#refused };
  }

  /** Resolves when so many pairs are connected. */
  connected(pairs: number): Promise<void> {
    return this.#watch.until(() => this.#pairs.size >= pairs);
  }

  /** Anybody may publish on a channel: what is no signal is refused, and harms nobody. */
  async #hear(room: string, payload: unknown): Promise<void> {
    const read = signal.safeParse(payload);
    if (!read.success) return this.#refuse(room, 'it is no signal');
    const told = read.data;
    if (told.kind === 'peers') return;
    if (told.kind === 'join') return this.#join(room, told.from);
    if (this.#rooms.get(room)?.has(told.from) !== true) return this.#refuse(room, `${told.from} is not in the room`);
    if (told.kind === 'leave') this.#rooms.get(room)?.delete(told.from);
    else this.#count(room, told);
  }

  async #join(room: string, participant: string): Promise<void> {
    const there = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, there);
    const isNew = !there.has(participant);
    there.add(participant);
    await this.#tellPeers(room, participant);
    if (!isNew) return;
    this.#joined.push(participant);
    await this.#channels.publish('meeting_events', { event: 'participant_joined', meetingId: this.#meetingId, participant });
  }

  async #tellPeers(room: string, to: string): Promise<void> {
    const peers = [...(this.#rooms.get(room) ?? [])].filter((peer) => peer !== to);
    await this.#signals.publish(signalsOf(room), { kind: 'peers', to, peers });
  }

  #count(room: string, told: Extract<Signal, { kind: 'offer' | 'answer' }>): void {
    if (told.kind === 'offer') {
      this.#offers++;
      return;
    }
    this.#answers++;
    this.#pairs.add(`${room} ${[told.from, told.to].toSorted().join(' ')}`);
    this.#log.info({}, `signals.${room}: ${told.to} and ${told.from} are connected`);
    this.#watch.look();
  }

  #refuse(room: string, why: string): void {
    this.#refused++;
    this.#log.warn({}, `signals.${room}: refused, since ${why}`);
  }
}

function roomOf(channel: string): string {
  return channel.slice('signals.'.length);
}
