import type { Adapter, AdapterContext, Backend } from '@quayside/core';
import type { Harness } from '../harness.js';

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
  readonly #harness: Harness;
  readonly #changes: AdapterChanges;

  constructor(harness: Harness, changes: AdapterChanges = {}) {
    this.type = changes.type ?? 'suite';
    this.#harness = harness;
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
    const backend = await this.#harness.open({ ...context, signal: undefined });
    let isClosed = false;
    const changed: Backend = {
      type: this.type,
      queueStore: backend.queueStore?.bind(backend),
      recordStore: backend.recordStore?.bind(backend),
      pubSubTransport: backend.pubSubTransport?.bind(backend),
      health: () => backend.health(),
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
