import { randomBytes } from 'node:crypto';
import type { Clock } from '../time/clock.js';

/** 64 characters in the order of their codes, so that ids sort as text in the order in which they were made. */
const alphabet = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

function encode(value: number, length: number): string {
  let text = '';
  let rest = value;
  for (let place = 0; place < length; place++) {
    text = alphabet.charAt(rest % 64) + text;
    rest = Math.floor(rest / 64);
  }
  return text;
}

/** All pairs of characters: the counter is written in two steps, which takes a third of the time of four. */
const pairs: readonly string[] = Array.from({ length: 64 * 64 }, (_, value) => encode(value, 2));

function decode(text: string): number {
  let value = 0;
  for (const character of text) value = value * 64 + alphabet.indexOf(character);
  return value;
}

const timeLength = 7;
const processLength = 5;
const counterLength = 4;
export const idLength = timeLength + processLength + counterLength;

/**
 * Makes ids of 16 characters: 42 bits of time (ms since the epoch, good until 2109), 30 random bits for the process, 24 bits of
 * counter. They sort by time, and within one maker in the order of making, also when the clock goes back.
 */
export class IdMaker {
  readonly #clock: Clock;
  readonly #process: string;
  #lastTime = 0;
  /** Time and process, the same for all ids of one millisecond. */
  #prefix = '';
  #counter = 0;

  constructor(clock: Clock, process = encode(randomBytes(4).readUInt32BE() % 2 ** 30, processLength)) {
    this.#clock = clock;
    this.#process = process;
  }

  next(): string {
    const now = this.#clock.now();
    if (now > this.#lastTime) this.#begin(now);
    else if (this.#counter === 2 ** 24 - 1) this.#begin(this.#lastTime + 1);
    const counter = this.#counter++;
    return `${this.#prefix}${pairs[counter >> 12]}${pairs[counter & 4095]}`;
  }

  #begin(time: number): void {
    this.#lastTime = time;
    this.#prefix = encode(time, timeLength) + this.#process;
    this.#counter = 0;
  }
}

let lastText = alphabet.charAt(0).repeat(timeLength);
let lastTime = 0;

/** When an id of ours was made (ms since the epoch): saves a field in every stored message. Those of one millisecond come together. */
export function timeOfId(id: string): number {
  if (!id.startsWith(lastText)) {
    lastText = id.slice(0, timeLength);
    lastTime = decode(lastText);
  }
  return lastTime;
}
