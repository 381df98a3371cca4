import type { Adapter, AdapterContext, Backend } from '@quayside/core';
import type { Harness } from '../harness.js';
import type { CaseTime } from '../time.js';

export type SuiteOptions = Readonly<Record<string, unknown>>;

/** How an adapter of the suite differs from the harness's backend. */
export interface AdapterChanges {
  /** Default `suite`. */
  readonly type?: string;
  /** What `open` does first: it may reject, or never end. */
  readonly before?: (options: SuiteOptions, context: AdapterContext) => Promise<unknown>;
  /** Laid over the backend. A face that is `undefined` is one that it lacks. */
  readonly change?: (backend: Backend) => Partial<Backend>;
}

/** The harness's backend as an adapter that a config can name. It notes what is done to it. */
export class SuiteAdapter implements Adapter<SuiteOptions> {
  readonly type: string;
  /** The options of each open, in order. */
  readonly opened: SuiteOptions[] = [];
  readonly contexts: AdapterContext[] = [];
  closed = 0;
  /** Opens that the backend itself rejected. */
  refused = 0;
  readonly #harness: Harness;
  readonly #time: CaseTime;
  readonly #changes: AdapterChanges;

  constructor(harness: Harness, time: CaseTime, changes: AdapterChanges = {}) {
    this.type = changes.type ?? 'suite';
    this.#harness = harness;
    this.#time = time;
    this.#changes = changes;
  }

  readonly configSchema: Adapter<SuiteOptions>['configSchema'] = {
    '~standard': { version: 1, vendor: 'quayside conformance', validate: (value) => ({ value: value as SuiteOptions }) },
  };

  async open(options: SuiteOptions, context: AdapterContext): Promise<Backend> {
    this.opened.push(options);
    this.contexts.push(context);
    await this.#changes.before?.(options, context);
    // Without the signal: an adapter may overlook that nobody waits for it any more.
    const backend = await this.#time.track(this.#harness.open({ ...context, signal: undefined })).catch((error: unknown) => {
      this.refused++;
      throw error;
    });
    let isClosed = false;
    const track = <T extends object>(face: T) => trackCalls(face, this.#time);
    const { queueStore, recordStore, pubSubTransport } = backend;
    const changed: Backend = {
      type: this.type,
      queueStore: queueStore && ((name) => track(queueStore.call(backend, name))),
      recordStore: recordStore && ((kind) => track(recordStore.call(backend, kind))),
      pubSubTransport: pubSubTransport && ((scope) => track(pubSubTransport.call(backend, scope))),
      health: () => this.#time.track(backend.health()),
      close: () => backend.close(),
      ...this.#changes.change?.(backend),
    };
    return {
      ...changed,
      close: async () => {
        if (!isClosed) this.closed++;
        isClosed = true;
        await changed.close();
      },
    };
  }
}

/** The face, where a test clock waits for each call before it moves on; not for `wait`, which waits for time itself. */
function trackCalls<T extends object>(face: T, time: CaseTime): T {
  return new Proxy(face, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const answer: unknown = Reflect.apply(member, target, args);
        return answer instanceof Promise && name !== 'wait' ? time.track(answer) : answer;
      };
    },
  });
}
