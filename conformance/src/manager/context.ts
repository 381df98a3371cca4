/** What a case of the manager is given. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duration, type ManagerOptions, type QuaysideConfig, QueueManager } from '@quayside/core';
import type { Gate } from '../gate.js';
import type { Scope } from '../scope.js';
import type { Condition } from '../time.js';
import { type AdapterChanges, SuiteAdapter } from './suite-adapter.js';

/** Time for a manager to stop at the end of a case, by its own clock: `stop` settles within its grace plus one second. */
const stopBound: Duration = '2s';

export class ManagerContext {
  readonly scope: Scope;
  /** The harness's backend, which configs name `suite`. */
  readonly suite: SuiteAdapter;

  constructor(scope: Scope) {
    this.scope = scope;
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

  now(): number {
    return this.scope.time.clock.now();
  }

  /** A promise for a handler to wait on, kept when the case opens the gate, at the latest at its end. */
  gate(): Gate {
    return this.scope.gate();
  }

  /** Lets time pass until the condition holds; fails after `duration`. */
  within(duration: Duration, condition: Condition, what: string): Promise<void> {
    return this.scope.within(duration, condition, what);
  }

  /** Lets time pass until the call settles, and answers as it does; fails after `duration`. */
  settles<T>(duration: Duration, call: Promise<T>, what: string): Promise<T> {
    return this.scope.settles(duration, call, what);
  }

  /** Waits for what is under way already; a test clock stands still meanwhile. */
  eventually(condition: Condition, what: string): Promise<void> {
    return this.scope.eventually(condition, what);
  }

  settle(): Promise<void> {
    return this.scope.settle();
  }
}
