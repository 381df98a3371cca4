import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@quayside/core';
import type { Crew } from './crew.js';
import { leave } from './leave.js';
import { ProcessError } from './process-error.js';

/** What a worker process is told at its start. */
export interface WorkerTask {
  readonly config: string;
  readonly mediaFolder: string;
  /** What it signs with. */
  readonly name: string;
  /** Since when the seconds in front of its lines count: milliseconds since 1970. */
  readonly startedAt: number;
}

const program = fileURLToPath(new URL('./worker.js', import.meta.url));
const count = 2;

/** AI services in processes of their own. They end when this process lets go of them, or is gone. */
export class WorkerProcesses implements Crew {
  readonly names: readonly string[] = Array.from({ length: count }, (_, index) => `worker-${index + 1}`);
  readonly #task: Omit<WorkerTask, 'name'>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: Logger;
  readonly #lost = new AbortController();
  #children: readonly ChildProcess[] = [];

  /** @param env what the config takes from the environment, the server's address with it */
  constructor(task: Omit<WorkerTask, 'name'>, env: NodeJS.ProcessEnv, log: Logger) {
    this.#task = task;
    this.#env = env;
    this.#log = log;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async start(): Promise<void> {
    this.#children = this.names.map((name) => this.#fork(name));
    const ready = this.#children.map((child) => once(child, 'message', { signal: this.lost }));
    await Promise.all(ready).catch((error: unknown) => {
      this.lost.throwIfAborted();
      throw error;
    });
    this.#log.info({}, this.#children.map(({ pid }, index) => `${this.names[index]} is process ${pid}`).join(', '));
  }

  async begin(): Promise<void> {
    for (const child of this.#children) child.send('begin');
  }

  async stop(): Promise<void> {
    const children = this.#children;
    this.#children = [];
    await Promise.all(children.map(leave));
  }

  #fork(name: string): ChildProcess {
    const task: WorkerTask = { ...this.#task, name };
    const child = fork(program, [JSON.stringify(task)], { env: this.#env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.on('error', (error) => this.#lost.abort(new ProcessError(`${name}: ${error.message}`)));
    child.once('exit', (code, signal) => {
      if (this.#children.includes(child)) {
        this.#lost.abort(new ProcessError(`${name} ended with ${signal ?? `code ${code}`} before the meeting did`));
      }
    });
    return child;
  }
}
