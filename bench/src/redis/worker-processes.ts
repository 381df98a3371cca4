import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { perSecond } from '../measure.js';

const script = fileURLToPath(new URL('./worker-process.js', import.meta.url));

/** Processes of their own that have opened a queue and wait for the word to work. */
export class WorkerProcesses {
  readonly #children: readonly ChildProcess[];

  static async open(count: number, subject: string, url: string, queue: string): Promise<WorkerProcesses> {
    const children = Array.from({ length: count }, () => fork(script, [subject, url, queue]));
    await Promise.all(children.map((child) => once(child, 'message')));
    return new WorkerProcesses(children);
  }

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  /** Lets them work off what is there, the workers' start included. Answers the rate of all together. */
  workOff(count: number): Promise<number> {
    return perSecond(count, async () => {
      const handled = new Map<ChildProcess, number>();
      await new Promise<void>((resolve, reject) => {
        for (const child of this.#children) {
          child.once('exit', (code) => reject(new Error(`a worker process ended with ${code}`)));
          child.on('message', (total) => {
            handled.set(child, Number(total));
            if ([...handled.values()].reduce((sum, one) => sum + one, 0) >= count) resolve();
          });
          child.send('work');
        }
      });
    });
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const ended = once(child, 'exit');
        child.disconnect();
        await ended;
      }),
    );
  }
}
