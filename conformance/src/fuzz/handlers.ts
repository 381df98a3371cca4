/** What an application's own functions may answer or throw: handlers, middleware, callbacks, functions of options. */
import assert from 'node:assert/strict';
import { type Duration, type Headers, type Middleware, type PublishResult, QuaysideError, type Queue } from '@quayside/core';
import type { FuzzCase } from './cases.js';
import { hostileValues } from './hostile.js';
import { describe } from './oracle.js';
import { FuzzStage, fuzzedType, type PortName } from './stage.js';

/** How a function of the application comes to its end with a value. */
const ways: Readonly<Record<string, (value: unknown) => unknown>> = {
  answers: (value) => value,
  throws: (value) => {
    throw value;
  },
  'rejects with': (value) => Promise.reject(value),
};

const oddType = 'odd';
/** Attempts and their backoff, and the end of a handler that never settles. */
const bound: Duration = '60s';
const attemptTimeout: Duration = '1s';
/** An attempt's error is kept in the store, many times over. */
const longestError = 4_000;

const numbers: readonly number[] = hostileValues.map((_, index) => index);

const settles = (number: number): boolean => hostileValues[number]?.name !== 'a thenable that never settles';

/** Ends with the value of this number. */
type End = (number: unknown) => unknown;

interface HandlerParts {
  readonly port: PortName;
  readonly subject: string;
  /** Before the manager starts. */
  prepare?(stage: FuzzStage, end: End): void;
  run(stage: FuzzStage, end: End): Promise<void>;
}

/** Neighbours before and after must be served as ever. */
function casesOf({ port, subject, prepare, run }: HandlerParts): readonly FuzzCase[] {
  return Object.entries(ways).map(([way, end]) => ({
    id: subject,
    title: `${way} anything`,
    port,
    async run(scope) {
      const endWith: End = (number) => end(hostileValues[number as number]?.make());
      const stage = await FuzzStage.open(scope, port, (unstarted) => prepare?.(unstarted, endWith));
      const before = stage.mark();
      await run(stage, endWith);
      await stage.settles(bound, Promise.all([before, stage.mark()]), 'the neighbours arrive');
      const outbreaks = await stage.outbreaks.settled();
      assert.equal(outbreaks.length, 0, `nobody caught ${outbreaks.slice(0, 5).map(describe).join(', ')}`);
    },
  }));
}

const publishAll = (queue: Queue) =>
  queue.publishBatch(numbers.map((payload) => ({ type: oddType, payload, options: { timeout: attemptTimeout } })));

/** Each message is completed or dead, and the dead can be read. */
async function allEnd(stage: FuzzStage, queue = stage.queue): Promise<void> {
  const isAtRest = async () => {
    const stats = await queue.stats();
    return stats.queue_length + stats.delayed_count + stats.processing_count === 0;
  };
  await stage.within(bound, isAtRest, 'every message ends');
  const { items } = await queue.deadLetters.list({ limit: 1_000 });
  for (const { reason, errors } of items) {
    assert.equal(reason, 'attempts-exhausted');
    assert.ok(errors.length > 0 && errors.every((error) => JSON.stringify(error).length < longestError));
  }
}

const queueHandlers: HandlerParts = {
  port: 'queue',
  subject: 'Queue.handler',
  async run(stage, end) {
    stage.queue.process(oddType, ({ payload }) => end(payload));
    await publishAll(stage.queue);
    await allEnd(stage);
  },
};

const batchHandlers: HandlerParts = {
  port: 'queue',
  subject: 'Queue.batchHandler',
  async run(stage, end) {
    stage.queue.processBatch(oddType, ([message]) => end(message?.payload) as never, { size: 1 });
    await publishAll(stage.queue);
    await allEnd(stage);
  },
};

const batchOutcomes: HandlerParts = {
  port: 'queue',
  subject: 'Queue.batchOutcome',
  async run(stage, end) {
    stage.queue.processBatch(oddType, ([message]) => [end(message?.payload)] as never, { size: 1 });
    await publishAll(stage.queue);
    await allEnd(stage);
  },
};

const backoffs: HandlerParts = {
  port: 'queue',
  subject: 'Queue.backoffFunction',
  async run(stage, end) {
    let next = 0;
    const queue = stage.manager.queue('backing-off', { options: { maxRetries: 1, backoff: () => end(next++ % numbers.length) as number } });
    queue.process(oddType, () => {
      throw new Error('again');
    });
    // A delay of years is as good as any: those messages wait.
    await publishAll(queue);
    const areTried = async () => (await queue.stats()).total_failed >= numbers.length;
    await stage.within(bound, areTried, 'every message fails once');
  },
};

const contexts: HandlerParts = {
  port: 'queue',
  subject: 'HandlerContext',
  async run(stage, end) {
    stage.queue.process(oddType, async ({ payload }, { progress, extend }) => {
      const value: unknown = await Promise.resolve().then(() => ({ value: hostileValues[payload as number]?.make() }));
      for (const call of [() => progress((value as { value: unknown }).value), () => extend((value as { value: never }).value)]) {
        await Promise.resolve()
          .then(call)
          .catch((error: unknown) => assert.ok(error instanceof QuaysideError, describe(error)));
      }
      return end(payload);
    });
    await publishAll(stage.queue);
    await allEnd(stage);
  },
};

/** The number of an odd message; markers have none. */
const oddOf = (headers: Headers): string | undefined => headers[oddType];

/** Each part of it, the first time that it is asked about a message. */
const middleware = (part: 'concerns' | 'publish' | 'process' | 'beforeSettle'): HandlerParts => ({
  port: 'queue',
  subject: `Middleware.${part}`,
  prepare({ queue }, end) {
    const seen = new Set<string>();
    const once = (number: string): unknown => {
      if (seen.has(number)) return undefined;
      seen.add(number);
      return end(Number(number));
    };
    const ofOdd = (headers: Headers) => oddOf(headers) !== undefined;
    const parts: Middleware = {
      concerns: part === 'concerns' ? (headers) => ofOdd(headers) && (once(oddOf(headers) ?? '') as boolean) : ofOdd,
      publish: part === 'publish' ? async ({ headers }) => once(oddOf(headers) ?? '') as PublishResult : undefined,
      process: part === 'process' ? async ({ headers }) => once(oddOf(headers) ?? '') : undefined,
      // Nothing bounds a hook: one that never settles is left out.
      beforeSettle:
        part === 'beforeSettle'
          ? ({ headers }) => (settles(Number(oddOf(headers))) ? (once(oddOf(headers) ?? '') as void) : undefined)
          : undefined,
    };
    queue.use(parts);
  },
  async run(stage) {
    stage.queue.process(oddType, () => undefined);
    const options = (number: number) => ({ timeout: attemptTimeout, headers: { [oddType]: String(number) } });
    const calls = numbers
      .filter((number) => part !== 'publish' || settles(number))
      .map((number) => stage.queue.publish(oddType, number, options(number)));
    await stage.settles(bound, Promise.allSettled(calls), 'every publish settles');
    await allEnd(stage);
  },
});

const channelHandlers: HandlerParts = {
  port: 'pubsub',
  subject: 'PubSub.handler',
  async run(stage, end) {
    let received = 0;
    const handler = ({ payload }: { readonly payload: unknown }) => {
      received++;
      return end(payload);
    };
    // One that never settles holds its place for good.
    await stage.pubsub.subscribe(oddType, handler, { concurrency: numbers.length });
    await Promise.all(numbers.map((number) => stage.pubsub.publish(oddType, number)));
    await stage.within(bound, () => received === numbers.length, 'every event is handled');
  },
};

const busHandlers = (port: 'events' | 'bus'): HandlerParts => ({
  port,
  subject: port === 'bus' ? 'LocalEventBus.handler' : 'RemoteEventBus.handler',
  async run(stage, end) {
    stage.events.on(oddType, ({ payload }) => end(payload));
    const emitted = Promise.allSettled(numbers.filter(settles).map((number) => stage.events.emitAsync(oddType, number)));
    const results = await stage.settles(bound, emitted, 'every emit settles');
    for (const result of results) {
      assert.ok(result.status === 'fulfilled' || result.reason instanceof AggregateError);
    }
  },
});

const scheduled: HandlerParts = {
  port: 'scheduler',
  subject: 'Scheduler.handler',
  async run(stage, end) {
    const { scheduler } = stage;
    scheduler.process(oddType, ({ payload }) => end(payload));
    const options = { delay: 1, maxRetries: 1, timeout: attemptTimeout, backoff: { type: 'fixed', delay: 10, jitter: 'none' } } as const;
    await Promise.all(numbers.map((number) => scheduler.schedule(oddType, number, options)));
    const isAtRest = async () => {
      const stats = await scheduler.stats();
      return stats.completed_tasks + stats.failed_tasks >= numbers.length && stats.scheduled_tasks + stats.active_tasks === 0;
    };
    await stage.within(bound, isAtRest, 'every run ends');
  },
};

const tasks: HandlerParts = {
  port: 'dispatcher',
  subject: 'Dispatcher.handler',
  async run(stage, end) {
    const { dispatcher } = stage;
    dispatcher.process(oddType, ({ payload }) => end(payload));
    const options = { maxRetries: 0, attemptTimeout };
    const batch = await dispatcher.dispatchBatch(numbers.map((payload) => ({ type: oddType, payload, options })));
    const results = await stage.settles(bound, batch.results(), 'every task ends');
    for (const result of results) {
      if (result.status === 'rejected') assert.ok(result.reason instanceof QuaysideError, describe(result.reason));
      assert.ok((await dispatcher.status(result.id)) !== undefined);
    }
  },
};

const callbacks: HandlerParts = {
  port: 'dispatcher',
  subject: 'Dispatcher.callbacks',
  async run(stage, end) {
    const { dispatcher } = stage;
    let next = 0;
    const odd = () => end(next++ % numbers.length) as never;
    dispatcher.on({ onProgress: odd, onComplete: odd, onFailure: odd });
    const remove = dispatcher.addRoute({ type: fuzzedType, when: odd, to: ['default', 'other'], strategy: 'consistent-hash', key: odd });
    const sent = Promise.allSettled(numbers.map((number) => dispatcher.dispatch(fuzzedType, number)));
    // What a function of a route throws is passed on as it is.
    await stage.settles(bound, sent, 'every dispatch settles');
    remove();
  },
};

export const handlerCases: readonly FuzzCase[] = [
  queueHandlers,
  batchHandlers,
  batchOutcomes,
  backoffs,
  contexts,
  middleware('concerns'),
  middleware('publish'),
  middleware('process'),
  middleware('beforeSettle'),
  channelHandlers,
  busHandlers('events'),
  busHandlers('bus'),
  scheduled,
  tasks,
  callbacks,
].flatMap(casesOf);
