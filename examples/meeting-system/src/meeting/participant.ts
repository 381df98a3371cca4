import type { PubSub, Subscription } from '@quayside/core';
import { type Signal, type SignalChannels, signalsOf } from '../signals.js';

/** What somebody's browser does: joins a room, offers a connection to each who is there, and answers the offers of those who come later. */
export class Participant {
  readonly name: string;
  readonly #channel: `signals.${string}`;
  readonly #signals: PubSub<SignalChannels>;
  readonly #connected = new Set<string>();
  #subscription: Subscription | undefined;

  constructor(name: string, room: string, signals: PubSub<SignalChannels>) {
    this.name = name;
    this.#channel = signalsOf(room);
    this.#signals = signals;
  }

  /** Whom it is connected with. */
  get connected(): ReadonlySet<string> {
    return this.#connected;
  }

  async join(): Promise<void> {
    this.#subscription = await this.#signals.subscribe(this.#channel, ({ payload }) => this.#hear(payload));
    await this.#tell({ kind: 'join', from: this.name });
  }

  async leave(): Promise<void> {
    if (this.#subscription === undefined) return;
    await this.#subscription.unsubscribe();
    await this.#tell({ kind: 'leave', from: this.name });
  }

  async #hear(told: Signal): Promise<void> {
    if (!('to' in told) || told.to !== this.name) return;
    const { name: from } = this;
    switch (told.kind) {
      case 'peers':
        for (const peer of told.peers.filter((one) => !this.#connected.has(one))) {
          await this.#tell({ kind: 'offer', from, to: peer, description: `offer of ${from}` });
        }
        return;
      case 'offer':
        this.#connected.add(told.from);
        await this.#tell({ kind: 'answer', from, to: told.from, description: `answer of ${from} to: ${told.description}` });
        return;
      case 'answer':
        this.#connected.add(told.from);
    }
  }

  async #tell(told: Signal): Promise<void> {
    await this.#signals.publish(this.#channel, told);
  }
}
