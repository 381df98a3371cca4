/** Tasks, dispatched, cancelled, run and awaited by several processes in bad weather. */
import {
  createDispatcher,
  createPubSub,
  createQueue,
  type Dispatcher,
  type HandlerContext,
  type Message,
  type PubSub,
  QuaysideError,
  type Queue,
  sleep,
  TaskRunner,
  UnrecoverableError,
} from '@quayside/core';
import { LinedQueueStore, LinedRecords, LinedTransport } from '../dispatcher/lined-stores.js';
import { isFinal, Trail } from '../dispatcher/trail.js';
import { unlessLost } from './unless-lost.js';
import type { SimulatedHost, World } from './world.js';

const processes = 3;
const tasks = 10;
const maxRetries = 2;
const queueName = 'tasks';
const dayMs = 86_400_000;
const deeds = ['answer', 'answer', 'throw', 'throw once', 'give up', 'dawdle', 'hang'] as const;
type Deed = (typeof deeds)[number];

interface Engine extends SimulatedHost {
  readonly dispatcher: Dispatcher;
  readonly queue: Queue;
}

interface Asked {
  readonly id: string;
  readonly by: Engine;
  outcome: 'under way' | 'dispatched' | 'not dispatched' | 'unknown';
  /** How the result of its handle came out. */
  result: 'none' | 'under way' | 'answered' | 'rejected';
  code?: string;
}

export function simulateDispatcher(world: World): Promise<readonly string[]> {
  return new DispatcherStory(world).play();
}

class DispatcherStory {
  readonly #world: World;
  readonly #trail = new Trail();
  readonly #living: Engine[] = [];
  readonly #asked: Asked[] = [];
  readonly #starts = new Map<string, number>();
  readonly #violations: string[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  async play(): Promise<readonly string[]> {
    const world = this.#world;
    for (let count = 0; count < processes; count++) this.#start();
    const doings = Array.from({ length: tasks }, (_, index) =>
      this.#dispatch(`t${index}`).catch((error: unknown) => void this.#violations.push(`t${index}: ${error}`)),
    );
    await world.advance('12s');
    await world.calm();
    await world.scope.settles('1m', Promise.all(doings), 'every call settles');
    const [witness] = this.#living;
    if (witness === undefined) throw new Error('no process lives');
    await world.within('5m', () => this.#isOver(witness), 'every task ends');
    for (const asked of this.#asked) await this.#judge(asked, witness.dispatcher);
    return [...this.#violations, ...this.#trail.problems()];
  }

  #start(): void {
    const { scope, backend, random } = this.#world;
    const { clock } = scope.time;
    const { logger } = scope;
    const engines = scope.harness.engines;
    const host = this.#world.host('process', () => {
      this.#living.splice(this.#living.indexOf(engine), 1);
      this.#start();
    });
    const stores = [backend.queueStore?.(queueName), backend.recordStore?.('tasks'), backend.pubSubTransport?.('tasks')] as const;
    const [queueStore, recordStore, transport] = stores;
    if (queueStore === undefined || recordStore === undefined || transport === undefined)
      throw new Error(`'${backend.type}' has no dispatcher`);
    const records = new LinedRecords(recordStore, host.line, this.#trail);
    const createOwnPubSub = engines?.createPubSub ?? createPubSub;
    const pubsub: PubSub = this.#world.add(createOwnPubSub({ transport: new LinedTransport(transport, host.line), clock, logger }));
    const queue = (engines?.createQueue ?? createQueue)(queueName, {
      store: new LinedQueueStore(queueStore, host.line),
      clock,
      logger,
      random,
      options: { visibilityTimeout: '1s', concurrency: 3, maxRetries, backoff: { type: 'fixed', delay: '100ms', jitter: 'none' } },
    });
    new TaskRunner({ records, pubsub, clock, logger, statusRetentionMs: dayMs }).attach(queue);
    const dispatcher = (engines?.createDispatcher ?? createDispatcher)({
      queue: () => queue,
      defaultQueue: queueName,
      pubsub,
      records,
      clock,
      logger,
      options: { repairInterval: '5s' },
    });
    const engine: Engine = { ...host, dispatcher: this.#world.add(dispatcher), queue: this.#world.add(queue) };
    this.#living.push(engine);
    dispatcher.process('work', (message, context) => this.#work(message, context));
    void this.#startWorking(engine);
  }

  /** As an application does that can't listen at once: it tries again. */
  async #startWorking({ line, dispatcher, queue }: Engine): Promise<void> {
    await queue.start();
    while (!line.isDead) {
      const isStarted = await unlessLost(
        dispatcher.start().then(() => true),
        false,
      );
      if (isStarted) return;
    }
  }

  async #work({ id, payload }: Message, { attempt, signal }: HandlerContext): Promise<string> {
    const world = this.#world;
    world.chronicle.write(id, `start, attempt ${attempt}`);
    this.#starts.set(id, Math.max(this.#starts.get(id) ?? 0, attempt));
    switch (payload as Deed) {
      case 'throw':
        throw new Error('as planned');
      case 'throw once':
        if (attempt === 1) throw new Error('once, as planned');
        break;
      case 'give up':
        throw new UnrecoverableError('as planned');
      case 'dawdle':
        await sleep(world.scope.time.clock, world.draw(1_500), signal);
        break;
      case 'hang':
        await sleep(world.scope.time.clock, 20_000, signal);
        break;
      case 'answer':
    }
    signal.throwIfAborted();
    return answerOf(id);
  }

  async #dispatch(id: string): Promise<void> {
    const world = this.#world;
    const { clock } = world.scope.time;
    await sleep(clock, world.draw(5_000));
    const by = this.#pickLiving();
    const asked: Asked = { id, by, outcome: 'under way', result: 'none' };
    this.#asked.push(asked);
    const options = {
      id,
      maxRetries,
      delay: world.isLucky(0.2) ? 1 + world.draw(1_000) : undefined,
      timeout: world.isLucky(0.4) ? 500 + world.draw(6_000) : undefined,
    };
    const deed = world.pick(deeds);
    const cancelAfterMs = world.isLucky(0.25) ? world.draw(3_000) : undefined;
    const againAfterMs = world.isLucky(0.3) ? world.draw(4_000) : undefined;
    const handle = await untilDead(by, by.dispatcher.dispatch('work', deed, options)).catch((error: unknown) => {
      if (!(error instanceof QuaysideError) || error.outcome === undefined) throw error;
      asked.outcome = error.outcome === 'unknown' ? 'unknown' : 'not dispatched';
    });
    world.chronicle.write(id, `dispatched by ${by.name}: ${handle === undefined ? asked.outcome : 'yes'}`);
    if (handle === undefined) return;
    asked.outcome = 'dispatched';
    asked.result = 'under way';
    handle.result().then(
      (value) => {
        asked.result = 'answered';
        if (value !== answerOf(id)) this.#violations.push(`${id} was given the result '${value}'`);
      },
      (error: QuaysideError) => {
        asked.result = 'rejected';
        asked.code = error.code;
      },
    );
    if (cancelAfterMs !== undefined) {
      await sleep(clock, cancelAfterMs);
      await this.#ask(({ dispatcher }) => dispatcher.cancel(id));
    }
    if (againAfterMs === undefined) return;
    await sleep(clock, againAfterMs);
    await this.#ask(({ dispatcher }) => dispatcher.dispatch('work', deed, options));
  }

  /** By any process that lives. What it would answer is nobody's concern: what it did shows in the records. */
  async #ask(call: (engine: Engine) => Promise<unknown>): Promise<void> {
    const engine = this.#pickLiving();
    await untilDead(engine, unlessLost(call(engine), undefined));
  }

  #pickLiving(): Engine {
    const engine = this.#living[this.#world.draw(this.#living.length)];
    if (engine === undefined) throw new Error('no process lives');
    return engine;
  }

  /** Every task has ended, and whoever waits for one has been told: by the record, where the notice was lost. */
  async #isOver({ dispatcher, queue }: Engine): Promise<boolean> {
    if (this.#asked.some(({ by, result }) => result === 'under way' && !by.line.isDead)) return false;
    for (const { id } of this.#asked) {
      const status = await dispatcher.status(id);
      if (status !== undefined && !isFinal(status.state)) return false;
    }
    const { queue_length, processing_count, delayed_count } = await queue.stats();
    return queue_length + processing_count + delayed_count === 0;
  }

  async #judge({ id, by, outcome, result, code }: Asked, dispatcher: Dispatcher): Promise<void> {
    const broken = (what: string) => void this.#violations.push(`${id}: ${what}`);
    const status = await dispatcher.status(id);
    const starts = this.#starts.get(id) ?? 0;
    if (starts > maxRetries + 1) broken(`started ${starts} times`);
    if (outcome === 'not dispatched' && starts > 0) broken('ran, and was told as not dispatched');
    if (status?.state === 'completed' && status.result !== answerOf(id)) broken(`its result is '${status.result}'`);
    if (outcome !== 'dispatched') return;
    if (status === undefined) broken('was dispatched, and nothing is known of it');
    if (by.line.isDead) return;
    const isTold = (result === 'answered') === (status?.state === 'completed');
    if (!isTold) broken(`its caller was told ${result} ${code ?? ''}, and it is ${status?.state}`);
  }
}

function answerOf(id: string): string {
  return `answer of ${id}`;
}

/** Nobody waits for what a dead process would answer. */
function untilDead<T>({ line }: Engine, call: Promise<T>): Promise<T | undefined> {
  call.catch(() => undefined);
  return Promise.race([call, line.dead]);
}
