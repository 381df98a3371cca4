/** What a case of the manager is given. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duration, type ManagerOptions, type QuaysideConfig, QueueManager } from '@quayside/core';
import { CaseContext } from '../case-context.js';
import type { Scope } from '../scope.js';
import { type AdapterChanges, SuiteAdapter } from './suite-adapter.js';

/** Time for a manager to stop at the end of a case, by its own clock: `stop` settles within its grace plus one second. */
const stopBound: Duration = '2s';

export class ManagerContext extends CaseContext {
  /** The harness's backend, which configs name `suite`. */
  readonly suite: SuiteAdapter;

  constructor(scope: Scope) {
    super(scope);
    this.suite = this.adapter();
  }

  static async open(scope: Scope): Promise<ManagerContext> {
    return new ManagerContext(scope);
  }

  /** Another adapter over the harness's backend. */
  adapter(changes?: AdapterChanges): SuiteAdapter {
    return new SuiteAdapter(this.scope.harness, this.scope.time, changes);
  }

  /** A manager on the case's clock and in its namespace; no environment unless the case gives one. It is stopped at the end of the case. */
  async create(config: string | QuaysideConfig, options: ManagerOptions = {}): Promise<QueueManager> {
    const { harness, logger, namespace, random, time } = this.scope;
    const create = harness.engines?.createManager ?? QueueManager.create;
    const manager = await create(typeof config === 'string' ? config : { namespace, ...config }, {
      adapters: [this.suite],
      clock: time.clock,
      logger,
      random,
      env: {},
      ...options,
    });
    this.stopAtEnd(manager);
    return manager;
  }

  /** For managers that a case gets from elsewhere. */
  stopAtEnd(manager: QueueManager): void {
    const { harness, time } = this.scope;
    this.scope.onEnd(() => Promise.all([manager.stop({ graceMs: 0 }), harness.clock === 'test' ? time.advance(stopBound) : undefined]));
  }

  /** What `create` rejects with, once time enough has passed; fails where it resolves. */
  async refusal(duration: Duration, config: string | QuaysideConfig, options?: ManagerOptions): Promise<Error> {
    const outcome = this.create(config, options).then(
      () => new Error('create resolved'),
      (error: unknown) => error,
    );
    const error = await this.settles(duration, outcome, 'create settles');
    if (!(error instanceof Error)) throw new Error(`create rejected with what is no Error: ${String(error)}`);
    return error;
  }

  /** A folder with these files, until the end of the case. Answers its path. */
  async folder(files: Readonly<Record<string, string>>): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'quayside-conformance-'));
    this.scope.onEnd(() => rm(folder, { recursive: true }));
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    return folder;
  }
}
