import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Assignment, FromProcess, ToProcess } from './assignment.js';

const program = fileURLToPath(new URL('./process-program.js', import.meta.url));

/** A process as the fleet sees it. Whatever is done to it, its history stays. */
export class FleetProcess {
  readonly assignment: Assignment;
  /** Publishes that resolved, or deliveries that it completed, as far as it told. */
  done = 0;
  readonly errors: string[] = [];
  readonly ready: Promise<void>;
  /** A producer has published all. */
  readonly finished: Promise<void>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #isMeantToEnd = false;

  constructor(assignment: Assignment, onProgress: () => void) {
    this.assignment = assignment;
    this.#child = fork(program, [JSON.stringify(assignment)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#ended = once(this.#child, 'exit');
    const died = this.#ended.then(() => {
      if (!this.#isMeantToEnd) throw new Error(`${assignment.name} ended by itself`);
    });
    this.ready = Promise.race([this.#heard('ready'), died]);
    this.finished = Promise.race([this.#heard('finished'), died]);
    // Who waits for one of them hears of it; nobody may.
    this.ready.catch(() => {});
    this.finished.catch(() => {});
    this.#child.on('message', (news: FromProcess) => {
      if (news.kind === 'error') this.errors.push(news.error);
      if (news.kind !== 'progress') return;
      this.done = news.done;
      onProgress();
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && !this.#isMeantToEnd;
  }

  /** Ends it in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#isMeantToEnd = true;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** A producer begins no further publish. Resolves when those that it began have ended. */
  async enough(): Promise<void> {
    this.#tell('enough');
    await this.finished;
  }

  /** It ends what it has begun, and goes. */
  async stop(): Promise<void> {
    if (!this.isAlive) return;
    this.#isMeantToEnd = true;
    this.#tell('stop');
    await this.#ended;
  }

  #tell(told: ToProcess): void {
    this.#child.send(told);
  }

  #heard(kind: FromProcess['kind']): Promise<void> {
    return new Promise((resolve) => {
      this.#child.on('message', (news: FromProcess) => {
        if (news.kind === kind) resolve();
      });
    });
  }
}
