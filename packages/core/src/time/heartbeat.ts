import { systemClock, type Timer } from './clock.js';

const beatMs = 1_000;
/** Beats without a sign of life: told after 3 to 4 s, inside the 5 s that the ports promise. */
const silentBeats = 3;

/**
 * For adapters: notices a server that has fallen silent while its socket stays open: frozen, or behind a cable that was pulled. Counts its own beats
 * and not the time between them, so a process that was busy for long takes nobody for dead. Sockets live in real time, whatever clock
 * the backend is given.
 */
export class Heartbeat {
  readonly #ping: () => void;
  readonly #onSilent: () => void;
  #timer: Timer;
  #quietBeats = 0;

  constructor(ping: () => void, onSilent: () => void) {
    this.#ping = ping;
    this.#onSilent = onSilent;
    this.#timer = this.#arm();
  }

  /** Whatever arrives is a sign of life. */
  heard(): void {
    this.#quietBeats = 0;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    return systemClock.setTimer(() => this.#beat(), beatMs, { unref: true });
  }

  #beat(): void {
    if (this.#quietBeats === silentBeats) {
      this.#onSilent();
      return;
    }
    this.#quietBeats++;
    this.#timer = this.#arm();
    this.#ping();
  }
}
