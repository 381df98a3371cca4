import assert from 'node:assert/strict';
import { type QuaysideError, sleep, type TaskStatus, UnrecoverableError } from '@quayside/core';
import { untilAborted } from '../queue/recorded-worker.js';
import type { Work } from '../queue/recorder.js';
import type { DispatcherContext } from './context.js';
import { isAtRest, Watchman } from './crash-points.js';
import type { Plan, Step } from './random-steps.js';
import type { TaskProcess } from './task-process.js';
import { isFinal } from './trail.js';

const maxRetries = 2;
/** Long enough for leases, retries, timeouts, and for the repair pass of whoever is left. */
const endsWithin = '5m';

const kinds = ['dispatcher', 'worker'] as const;

interface Dispatched {
  readonly id: string;
  readonly by: TaskProcess;
  /** How the call ended. */
  outcome: 'under way' | 'dispatched' | 'not-published' | 'unknown';
  /** How the result of the handle ended: that of the process that dispatched it, while it lived. */
  result: 'none' | 'completed' | 'failed' | 'cancelled' | 'timed_out' | 'process over';
  readonly called: string[];
}

/** Two dispatchers and two workers over one queue, each replaced when it crashes, through one random run. */
export class RandomRun {
  readonly #context: DispatcherContext;
  readonly #name: string;
  readonly #watchman: Watchman;
  readonly #tasks: Dispatched[] = [];
  readonly #starts = new Map<string, number>();
  readonly #plans = new Map<string, Plan>();
  readonly #living = { dispatcher: [] as TaskProcess[], worker: [] as TaskProcess[] };
  readonly #dead: TaskProcess[] = [];

  constructor(context: DispatcherContext, name: string) {
    this.#context = context;
    this.#name = name;
    this.#watchman = new Watchman(context);
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const kind of kinds) for (const who of [0, 1]) this.#living[kind][who] = await this.#open(kind);
    for (const step of steps) {
      await this.#step(step);
      await this.#replaceTheDead();
    }
    for (const process of this.#all()) process.line.forgive();
    await this.#context.within(endsWithin, () => this.#hasEnded(), `every task of ${this.#name} ends`);
    await this.#check();
    for (const process of [...this.#all(), ...this.#dead]) await process.stop();
  }

  #all(): readonly TaskProcess[] {
    return kinds.flatMap((kind) => this.#living[kind]);
  }

  async #open(kind: 'dispatcher' | 'worker'): Promise<TaskProcess> {
    const queues = { visibilityTimeout: '1s', concurrency: 3, maxRetries };
    const process = await this.#context.process({ defaultQueue: this.#name, queues, repairInterval: '5s' });
    if (kind === 'worker') process.work('work', this.#work);
    return process.start();
  }

  readonly #work: Work = async ({ id }, { signal, attempt, progress }) => {
    this.#watchman.check(id);
    this.#starts.set(id, (this.#starts.get(id) ?? 0) + 1);
    progress({ attempt });
    const { clock } = this.#context.scope.time;
    switch (this.#plans.get(id)) {
      case 'throw':
        throw new Error('as planned');
      case 'throw once':
        if (attempt === 1) throw new Error('once, as planned');
        return 'answered';
      case 'give up':
        throw new UnrecoverableError('as planned');
      case 'answer slowly':
        await sleep(clock, 700);
        return 'answered';
      case 'hang':
        await Promise.race([untilAborted({ signal }), sleep(clock, 20_000)]);
        return 'answered';
      case 'answer what can not be carried':
        return () => 'a function';
      default:
        return 'answered';
    }
  };

  async #step(step: Step): Promise<void> {
    switch (step.act) {
      case 'dispatch':
        this.#dispatch(step.by, `${this.#name}-${this.#tasks.length}`, step);
        break;
      case 'dispatch again': {
        const task = this.#tasks[step.task];
        if (task !== undefined) await this.#quietly(this.#living.dispatcher[step.by]?.dispatcher.dispatch('work', 1, { id: task.id }));
        break;
      }
      case 'cancel': {
        const task = this.#tasks[step.task];
        if (task !== undefined) await this.#quietly(this.#living.dispatcher[step.by]?.dispatcher.cancel(task.id));
        break;
      }
      case 'advance':
        await this.#context.advance(step.ms);
        break;
      case 'crash': {
        const { line } = this.#living[step.kind][step.who] as TaskProcess;
        if (step.calls === 0) line.crash();
        else line.crashAt({ call: line.calls + step.calls, when: step.when });
        break;
      }
      case 'lose': {
        const { line } = this.#living[step.kind][step.who] as TaskProcess;
        if (step.what === 'request') line.loseRequest(step.method);
        else line.loseReply(step.method);
        break;
      }
    }
  }

  #dispatch(by: number, id: string, { plan, delayMs, timeoutMs }: Extract<Step, { act: 'dispatch' }>): void {
    const process = this.#living.dispatcher[by] as TaskProcess;
    const task: Dispatched = { id, by: process, outcome: 'under way', result: 'none', called: [] };
    this.#tasks.push(task);
    this.#plans.set(id, plan);
    const call = (status: TaskStatus) => void task.called.push(status.state);
    const options = { id, maxRetries, delay: delayMs, timeout: timeoutMs, onComplete: call, onFailure: call };
    process.dispatcher.dispatch('work', 1, options).then(
      (handle) => {
        task.outcome = 'dispatched';
        handle.result().then(
          () => {
            task.result = 'completed';
          },
          (error: QuaysideError) => {
            task.result = resultOf(error);
          },
        );
      },
      (error: QuaysideError) => {
        task.outcome = error.outcome ?? 'not-published';
      },
    );
  }

  /** A call that may fail by a fault, or never be answered: what it did shows in the records. */
  async #quietly(call: Promise<unknown> | undefined): Promise<void> {
    call?.catch(() => {});
    await this.#context.settle();
  }

  async #replaceTheDead(): Promise<void> {
    for (const kind of kinds) {
      for (const [who, process] of this.#living[kind].entries()) {
        if (!process.line.isDead) continue;
        this.#dead.push(process);
        this.#living[kind][who] = await this.#open(kind);
      }
    }
  }

  async #hasEnded(): Promise<boolean> {
    const statuses = await this.#statuses(0);
    const areFinal = statuses.every((status) => status === undefined || isFinal(status.state));
    return areFinal && (await isAtRest(this.#living.dispatcher[0] as TaskProcess, this.#name));
  }

  #statuses(who: number): Promise<readonly (TaskStatus | undefined)[]> {
    return Promise.all(this.#tasks.map(async ({ id }) => this.#living.dispatcher[who]?.dispatcher.status(id)));
  }

  async #check(): Promise<void> {
    // What is told on the way, and what is looked at where the word of it was lost.
    await this.#context.advance('2m');
    const [here, there] = [await this.#statuses(0), await this.#statuses(1)];
    assert.deepEqual(here, there, 'seen the same by all');
    assert.deepEqual(this.#context.trail.problems(), []);
    assert.deepEqual(this.#watchman.startedEnded, [], 'no run after the end');
    for (const [index, task] of this.#tasks.entries()) this.#checkTask(task, here[index]);
  }

  #checkTask({ id, by, outcome, result, called }: Dispatched, status: TaskStatus | undefined): void {
    const starts = this.#starts.get(id) ?? 0;
    assert.ok(starts <= maxRetries + 1, `${id} started ${starts} times`);
    assert.deepEqual(
      status?.history.map(({ state }) => state) ?? [],
      this.#context.trail.moves(id),
      `${id}: its history is what was written`,
    );
    if (outcome === 'dispatched') assert.notEqual(status, undefined, `${id} was dispatched`);
    if (status?.state === 'completed') assert.equal(status.result, 'answered');
    if (called.length > 0) assert.deepEqual(called, [status?.state], `${id}: what its callback was told`);
    if (by.line.isDead) return;
    assert.notEqual(outcome, 'under way', `${id}: its dispatch settles`);
    if (outcome === 'dispatched') assert.equal(result, status?.state, `${id}: what its caller was told`);
    if (outcome !== 'not-published' && status !== undefined) assert.equal(called.length, 1, `${id}: its callback was called`);
  }
}

function resultOf({ code }: QuaysideError): Dispatched['result'] {
  if (code === 'ERR_QUAYSIDE_CANCELLED') return 'cancelled';
  if (code === 'ERR_QUAYSIDE_TIMEOUT') return 'timed_out';
  return code === 'ERR_QUAYSIDE_CLOSED' || code === 'ERR_QUAYSIDE_CONNECTION' ? 'process over' : 'failed';
}
