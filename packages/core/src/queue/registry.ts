import { checkFunction, readOptions } from '../call-options.js';
import { ConfigError, quote } from '../errors.js';
import type { Headers, Message } from '../message/message.js';
import { checkName } from '../message/names.js';
import type { HandlerContext, Middleware } from '../ports/handler.js';
import type { BatchHandler, BatchOptions, Registration } from '../ports/queue.js';
import { atOnce } from '../thenable.js';
import { durationToMs } from '../time/duration.js';

export type AnyHandler = (message: Message, context: HandlerContext) => unknown;

/** What core itself asks of a handler's context. */
export interface LeasedContext extends HandlerContext {
  /** Nothing while the lease certainly holds; else renews it. @throws LeaseLostError; ConnectionError, TimeoutError */
  renewIfOver(): Promise<void> | undefined;
}
/** A handler with all that stands round it. */
export type LeasedHandler = (message: Message, context: LeasedContext) => unknown;

interface Counted {
  /** Calls that have not ended. */
  running: number;
  readonly whenIdle: (() => void)[];
}
export type RegisteredHandler = Counted & { readonly kind: 'single'; readonly call: AnyHandler };
export type RegisteredBatch = Counted & {
  readonly kind: 'batch';
  readonly call: BatchHandler;
  readonly size: number;
  readonly waitMs: number;
};
export type Registered = RegisteredHandler | RegisteredBatch;

/** Takes every type that has no handler of its own. */
export const anyType = '*';

/** Which handler takes which type. */
export class Registry {
  readonly #byType = new Map<string, Registered>();

  get isEmpty(): boolean {
    return this.#byType.size === 0;
  }

  find(type: string): Registered | undefined {
    return this.#byType.get(type) ?? this.#byType.get(anyType);
  }

  batches(): readonly RegisteredBatch[] {
    return [...this.#byType.values()].filter((registered) => registered.kind === 'batch');
  }

  /** @throws ConfigError where the type has a handler already, InvalidNameError */
  addHandler(type: string, handler: AnyHandler): Registration {
    if (type !== anyType) checkName('message type', type);
    checkFunction(handler, 'handler');
    return this.#add(type, { kind: 'single', call: handler, running: 0, whenIdle: [] });
  }

  /** @throws ConfigError where the type has a handler already or the options are wrong, InvalidNameError */
  addBatchHandler(type: string, handler: BatchHandler, options: BatchOptions): Registration {
    checkName('message type', type);
    checkFunction(handler, 'handler');
    const { size, wait = 0 } = readOptions(options);
    if (!Number.isInteger(size) || size < 1 || size > 1000) {
      throw new ConfigError('the batch options are wrong', [
        { path: 'options.size', message: `got ${quote(size)}; allowed is a whole number from 1 to 1000` },
      ]);
    }
    const waitMs = durationToMs(wait, 'options.wait');
    return this.#add(type, { kind: 'batch', call: handler, size, waitMs, running: 0, whenIdle: [] });
  }

  #add(type: string, registered: Registered): Registration {
    if (this.#byType.has(type)) {
      throw new ConfigError('a type has one handler', [{ path: type, message: 'has a handler already: remove it first' }]);
    }
    this.#byType.set(type, registered);
    return {
      remove: () => {
        if (this.#byType.get(type) === registered) this.#byType.delete(type);
        if (registered.running === 0) return Promise.resolve();
        return new Promise((resolve) => void registered.whenIdle.push(resolve));
      },
    };
  }
}

/** A call of a handler ended. */
export function callEnded(registered: Registered): void {
  registered.running--;
  if (registered.running === 0) for (const resolve of registered.whenIdle.splice(0)) resolve();
}

/** Whether any of it stands round a message with these headers. */
export function isConcerned(middleware: readonly Middleware[], headers: Headers): boolean {
  return middleware.some(({ concerns }) => concerns === undefined || atOnce(concerns(headers), 'middleware.concerns'));
}

/** The handler with all middleware round it, the first added outermost. */
export function withMiddleware(middleware: readonly Middleware[], call: AnyHandler): LeasedHandler {
  if (middleware.every(({ process }) => process === undefined)) return call;
  return middleware.reduceRight<LeasedHandler>((inner, one) => {
    const { process } = one;
    if (process === undefined) return inner;
    return (message, context) => {
      if (!isConcerned([one], message.headers)) return inner(message, context);
      return process(message, async () => inner(message, context), context);
    };
  }, onHeldLease(call));
}

/** Middleware may have taken longer than the lease had: what another worker runs by now, or what was cancelled meanwhile, does not begin here. */
function onHeldLease(call: AnyHandler): LeasedHandler {
  return (message, context) => {
    const renewed = context.renewIfOver();
    return renewed === undefined ? call(message, context) : renewed.then(() => call(message, context));
  };
}
