import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { serverReaper } from './reaper.js';
import { waitUntil } from './wait-until.js';

export interface Program {
  /** For messages. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** All that it writes lies here; `stop` removes it. */
  readonly folder: string;
  /** Whether it answers by now; looked at until it does. */
  readonly isReady: () => Promise<boolean>;
}

/** What can be done to a server that this process started. Each resolves when it is done. */
export interface ServerControl {
  /** Ends it at once, as a power cut would, but for what the kernel keeps. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the data that it kept; one that runs is asked to end first. */
  restart(): Promise<void>;
  /** Freezes it: its sockets stay open and say nothing. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

const startBoundMs = 10_000;
const endBoundMs = 5_000;
const lookEveryMs = 10;

/** A server as a child process. It ends with this process, whatever happens to that. */
export class ServerProcess implements ServerControl {
  readonly #program: Program;
  #child: ChildProcess | undefined;

  /** Resolves when it answers. @throws Error with the end of its log; nothing is left running then. */
  static async start(program: Program): Promise<ServerProcess> {
    const server = new ServerProcess(program);
    serverReaper.add('folder', program.folder);
    try {
      await server.#start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(program: Program) {
    this.#program = program;
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.resume();
    await this.#end('SIGTERM');
    await this.#start();
  }

  async pause(): Promise<void> {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    this.#child?.kill('SIGSTOP');
    await waitUntil(`${this.#program.name} to stand still`, async () => isStopped(pid));
  }

  async resume(): Promise<void> {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it and removes its folder. Idempotent. */
  async stop(): Promise<void> {
    await this.kill();
    const { folder } = this.#program;
    rmSync(folder, { recursive: true, force: true });
    serverReaper.remove('folder', folder);
  }

  async #start(): Promise<void> {
    const { name, file, args, folder, isReady } = this.#program;
    const log = openSync(join(folder, 'log'), 'a');
    const child = spawn(file, args, { cwd: folder, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    child.unref();
    let failure: string | undefined;
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('exit', (code, signal) => {
      failure = `it ended with ${signal ?? `code ${code}`}`;
    });
    if (child.pid !== undefined) serverReaper.add('pid', child.pid);
    const deadline = performance.now() + startBoundMs;
    while (failure === undefined && performance.now() < deadline) {
      if (await isReady()) return;
      await pause(lookEveryMs);
    }
    throw new Error(`${name} did not start: ${failure ?? `no answer within ${startBoundMs} ms`}\n${this.#logEnd()}`);
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined) return;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      const bound = setTimeout(() => child.kill('SIGKILL'), endBoundMs);
      await exited;
      clearTimeout(bound);
    }
    serverReaper.remove('pid', child.pid);
  }

  #logEnd(): string {
    return readFileSync(join(this.#program.folder, 'log'), 'utf8').split('\n').slice(-12).join('\n');
  }
}

/** The signal reaches one thread after the other, and until the last of them a server may still answer. Only Linux tells. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((thread) => / T |^$/.test(stateOf(join(tasks, thread, 'stat'))));
}

/** Empty where the thread has ended meanwhile. */
function stateOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^.*\)( .).*$/s, '$1 ');
  } catch {
    return '';
  }
}
