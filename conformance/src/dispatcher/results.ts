import assert from 'node:assert/strict';
import { PayloadError, QuaysideError, TimeoutError, UnrecoverableError } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import { runStatesOf } from './task-process.js';

export const resultCases: readonly DispatcherCase[] = [
  { id: 'D-04', title: "the handler's value is the result, also in a third process", run: answersTheValue },
  { id: 'D-04', title: "the result rejects with the task's error: name, message and code are kept", run: keepsTheError },
  { id: 'D-04', title: 'tasks of a batch handler, and of a caller of receive, end as well', run: endsWithoutHandler },
  { id: 'D-04', title: 'the result of a task that nobody knows rejects, and says so', run: rejectsUnknown },
  { id: 'D-05', title: 'result({ timeout }) ends in a TimeoutError and does not cancel the task', run: doesNotCancel },
  { id: 'D-05', title: 'a result that came before result() was called is there, for each who asks', run: keepsResults },
  {
    id: 'D-14',
    title: 'of 1,000 tasks at once each result goes to its own caller, and the stats are exact',
    timeoutMs: 30_000,
    run: keepsCallersApart,
  },
  {
    id: 'D-19',
    title: 'a result that can not be carried fails the task with a PayloadError, and it is not run again',
    run: refusesResults,
  },
  { id: 'D-19', title: 'so does a result above the size limit; one just below it arrives', run: boundsResults },
];

const values = [0, '', false, null, { list: [1, 'two', { three: 3 }], text: 'né\u2028 🚢' }, 'x'.repeat(100_000)];

async function answersTheValue(context: DispatcherContext): Promise<void> {
  const [here, worker, third] = [await context.process(), await context.process(), await context.process()];
  worker.work('echo', ({ payload }) => values[payload as number]);
  await worker.start();
  for (const [index, value] of [...values, undefined].entries()) {
    const task = await here.dispatcher.dispatch('echo', index);
    const [mine, theirs] = [task.result(), third.dispatcher.task(task.id).result()];
    assert.deepEqual(await context.settles('10s', mine, 'the result is there'), value);
    assert.deepEqual(await context.settles('10s', theirs, 'the result is there in a third process'), value);
    assert.deepEqual((await third.dispatcher.status(task.id))?.result, value);
  }
}

async function keepsTheError(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process(), await context.process()];
  worker.work('system', () => {
    throw Object.assign(new RangeError('port 70000 is none'), { code: 'ERR_SOCKET_BAD_PORT' });
  });
  worker.work('final', () => {
    throw new UnrecoverableError('never again');
  });
  worker.work('text', () => {
    throw 'just text';
  });
  await worker.start();
  const [system, final, text] = await Promise.all([
    here.dispatcher.dispatch('system', 1, { maxRetries: 0 }),
    here.dispatcher.dispatch('final', 1),
    here.dispatcher.dispatch('text', 1, { maxRetries: 0 }),
  ]);
  const parts = async (task: typeof system) => {
    const error = await context.rejection(task);
    assert.ok(error instanceof QuaysideError);
    return [error.name, error.message, error.code];
  };
  assert.deepEqual(await parts(system), ['RangeError', 'port 70000 is none', 'ERR_SOCKET_BAD_PORT']);
  assert.deepEqual(await parts(final), ['UnrecoverableError', 'never again', 'ERR_QUAYSIDE_UNRECOVERABLE']);
  assert.match((await context.rejection(text)).message, /just text/);
  const status = await here.dispatcher.status(system.id);
  assert.deepEqual([status?.error?.name, status?.error?.code, status?.error?.attempt], ['RangeError', 'ERR_SOCKET_BAD_PORT', 1]);
}

async function endsWithoutHandler(context: DispatcherContext): Promise<void> {
  const [here, worker] = [await context.process({ routes: [{ type: 'pulled', to: 'pulled' }] }), await context.process()];
  worker.queue().processBatch(
    'gathered',
    (messages) =>
      messages.map(({ payload }) => {
        if (payload === 'bad') return { outcome: 'dead', error: new Error('badly') };
        return { outcome: 'complete', value: `${payload} done` };
      }),
    { size: 10 },
  );
  await worker.start();
  const batch = await here.dispatcher.dispatchBatch(['good', 'bad'].map((payload) => ({ type: 'gathered', payload })));
  const [good, bad] = await context.settles('10s', batch.results(), 'both have ended');
  assert.equal(good?.status === 'fulfilled' && good.value, 'good done');
  assert.equal(bad?.status === 'rejected' && bad.reason.message, 'badly');
  const pulled = await here.dispatcher.dispatch('pulled', 1);
  const [delivery] = await context.settles('10s', worker.queue('pulled').receive({ wait: '5s' }), 'it is handed out');
  await delivery?.ack();
  const status = await context.until('completed', pulled);
  assert.deepEqual([status.attempts, runStatesOf(status)], [1, ['running', 'completed']]);
  assert.deepEqual(context.trail.problems(), []);
}

async function rejectsUnknown(context: DispatcherContext): Promise<void> {
  const { dispatcher } = await context.process();
  const error = await context.rejection(dispatcher.task('never-was'));
  assert.ok(error instanceof QuaysideError);
  assert.equal(error.code, 'ERR_QUAYSIDE_TASK_NOT_FOUND');
  assert.match(error.message, /never-was/);
}

async function doesNotCancel(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const gate = context.gate();
  process.work('slow', async () => {
    await gate.opened;
    return 'done';
  });
  await process.start();
  const task = await process.dispatcher.dispatch('slow', 1);
  const patient = task.result();
  const begun = context.now();
  const error = await context.settles(
    '5s',
    task.result({ timeout: '200ms' }).catch((thrown: unknown) => thrown),
    'the wait ends',
  );
  assert.ok(error instanceof TimeoutError, String(error));
  assert.ok(context.now() - begun >= 200);
  assert.equal((await task.status())?.state, 'running');
  gate.open();
  assert.equal(await context.settles('10s', patient, 'the result comes'), 'done');
}

async function keepsResults(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  process.work('quick', ({ payload }) => ({ payload }));
  await process.start();
  const task = await process.dispatcher.dispatch('quick', 7);
  await context.until('completed', task);
  const results = await context.settles(
    '5s',
    Promise.all([task.result(), task.result(), process.dispatcher.task(task.id).result()]),
    'they are there',
  );
  assert.deepEqual(results, [{ payload: 7 }, { payload: 7 }, { payload: 7 }]);
  assert.notEqual(results[0], results[1], 'each has a result of its own');
}

async function keepsCallersApart(context: DispatcherContext): Promise<void> {
  const routes = [{ name: 'odd', when: (payload: unknown) => Number(payload) % 2 === 1, to: 'odd' }];
  const [here, worker] = [await context.process({ routes }), await context.process({ queues: { concurrency: 50 } })];
  for (const queue of ['tasks', 'odd']) {
    worker.work(
      'mixed',
      ({ payload }) => {
        if (Number(payload) % 10 === 0) throw new UnrecoverableError(`no ${payload}`);
        return { answerTo: payload };
      },
      queue,
    );
  }
  await worker.start();
  const answers = await context.settles(
    '20s',
    Promise.all(
      Array.from({ length: 1000 }, async (_, payload) => {
        const task = await here.dispatcher.dispatch('mixed', payload);
        return task.result().catch((error: Error) => error.message);
      }),
    ),
    'every result is there',
  );
  assert.deepEqual(
    answers,
    answers.map((_, payload) => (payload % 10 === 0 ? `no ${payload}` : { answerTo: payload })),
  );
  const { total_dispatched, by_state, by_route } = await here.dispatcher.stats();
  assert.deepEqual([total_dispatched, by_route], [1000, { default: 500, odd: 500 }]);
  const none = { pending: 0, queued: 0, running: 0, retrying: 0, cancelled: 0, timed_out: 0 };
  assert.deepEqual(by_state, { ...none, completed: 900, failed: 100 });
}

async function refusesResults(context: DispatcherContext): Promise<void> {
  const process = await context.process();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const bad = [() => 1, circle, 10n, new Map([[1, 2]])];
  const worker = process.work('bad', ({ payload }) => bad[payload as number]);
  await process.start();
  for (const index of bad.keys()) {
    const task = await process.dispatcher.dispatch('bad', index, { maxRetries: 3 });
    const error = await context.rejection(task);
    assert.ok(error instanceof PayloadError, String(error));
    const status = await task.status();
    assert.deepEqual([status?.state, status?.reason, status?.attempts], ['failed', 'result', 1]);
  }
  await process.queue().drain();
  assert.equal(worker.starts.length, bad.length);
}

async function boundsResults(context: DispatcherContext): Promise<void> {
  const process = await context.process({ maxResultBytes: 1000 });
  const worker = process.work('text', ({ payload }) => 'é'.repeat(payload as number));
  await process.start();
  // Two bytes each in UTF-8, and the quotes.
  const [fits, tooLong] = [await process.dispatcher.dispatch('text', 499), await process.dispatcher.dispatch('text', 500)];
  assert.equal(await context.settles('10s', fits.result(), 'the result is there'), 'é'.repeat(499));
  const error = await context.rejection(tooLong);
  assert.ok(error instanceof PayloadError);
  assert.match(error.message, /1002 bytes.*1000/s);
  await process.queue().drain();
  assert.equal(worker.starts.length, 2);
}
