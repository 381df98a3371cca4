import { connect, type Socket } from 'node:net';
import type { ProxyTarget } from './proxy.js';

/** What happens to all that goes through a proxy. */
export interface ProxyRules {
  isSilent: boolean;
  delayMs: number;
  loss: { readonly matches: (request: Buffer) => boolean; readonly happened: () => void } | undefined;
}

/** A client's socket and the one to the server that belongs to it. */
export class ProxyConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #rules: ProxyRules;
  readonly #onClose: () => void;
  /** Set while the next reply is to be lost. */
  #losing: (() => void) | undefined;
  /** Something was said, or ended, that the other side will never know. */
  hasSwallowed = false;

  constructor(client: Socket, target: ProxyTarget, rules: ProxyRules, onClose: () => void) {
    this.#client = client;
    this.#server = connect({ host: target.host, port: target.port, noDelay: true, allowHalfOpen: true });
    this.#rules = rules;
    this.#onClose = onClose;
    client.setNoDelay(true);
    this.#join(client, this.#server, (request) => this.#admitRequest(request));
    this.#join(this.#server, client, () => this.#admitReply());
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
    this.#onClose();
  }

  #join(from: Socket, to: Socket, admits: (data: Buffer) => boolean): void {
    const sluice = new Sluice(from, to);
    from.on('data', (data) => {
      if (this.#isHeard() && admits(data)) sluice.pass(data, this.#rules.delayMs);
    });
    from.on('end', () => {
      if (this.#isHeard()) sluice.end(this.#rules.delayMs);
    });
    // An error closes the socket, and that is what counts.
    from.on('error', () => undefined);
    from.on('close', (hadError) => {
      if (this.#isHeard() && (hadError || to.closed)) this.reset();
    });
  }

  #isHeard(): boolean {
    if (this.#rules.isSilent) this.hasSwallowed = true;
    return !this.#rules.isSilent;
  }

  #admitRequest(request: Buffer): boolean {
    const { loss } = this.#rules;
    if (loss?.matches(request)) {
      this.#rules.loss = undefined;
      this.#losing = loss.happened;
    }
    return true;
  }

  #admitReply(): boolean {
    if (this.#losing === undefined) return true;
    this.reset();
    this.#losing();
    return false;
  }
}

interface Held {
  /** `undefined`: the end. */
  readonly data: Buffer | undefined;
  readonly due: number;
}

/** Passes data on in its order, each after its delay. */
class Sluice {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #held: Held[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    to.on('drain', () => from.resume());
    to.on('close', () => clearTimeout(this.#timer));
  }

  pass(data: Buffer, delayMs: number): void {
    this.#hold(data, delayMs);
  }

  end(delayMs: number): void {
    this.#hold(undefined, delayMs);
  }

  #hold(data: Buffer | undefined, delayMs: number): void {
    const last = this.#held.at(-1);
    this.#held.push({ data, due: Math.max(performance.now() + delayMs, last?.due ?? 0) });
    if (this.#timer === undefined) this.#release();
  }

  #release(): void {
    this.#timer = undefined;
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const waitMs = next.due - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#release(), Math.ceil(waitMs));
        return;
      }
      this.#held.shift();
      if (next.data === undefined) this.#to.end();
      else if (!this.#to.write(next.data)) this.#from.pause();
    }
  }
}
