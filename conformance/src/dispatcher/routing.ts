import assert from 'node:assert/strict';
import { NoRouteError, type Route } from '@quayside/core';
import type { DispatcherContext } from './context.js';
import type { DispatcherCase } from './dispatcher-case.js';
import type { TaskProcess } from './task-process.js';

export const routingCases: readonly DispatcherCase[] = [
  {
    id: 'D-01',
    title: 'a task goes where the first rule says that matches its type, pattern, headers or payload, and is worked on there',
    run: followsTheFirstMatch,
  },
  { id: 'D-01', title: 'of a rule with several conditions all must hold', run: needsAllConditions },
  { id: 'D-01', title: 'where no rule matches, a task goes to the default queue', run: fallsBackToTheDefault },
  { id: 'D-01', title: 'without a default queue that is a NoRouteError, and nothing is left of the task', run: refusesWithoutADefault },
  {
    id: 'D-01',
    title: 'a rule added while running holds from the next dispatch on, behind the others, until it is removed',
    run: addsRoutes,
  },
  { id: 'D-13', title: 'with enable_routing false every task goes to the default queue', run: ignoresRoutes },
];

/** Which queue each task went to, by its status; dispatched with the payload, or the headers, of the same place. */
async function queuesOf(
  process: TaskProcess,
  tasks: readonly Parameters<TaskProcess['dispatcher']['dispatch']>[],
): Promise<readonly unknown[]> {
  const handles = await Promise.all(tasks.map((task) => process.dispatcher.dispatch(...task)));
  return Promise.all(handles.map(async (handle) => (await handle.status())?.queue));
}

async function followsTheFirstMatch(context: DispatcherContext): Promise<void> {
  const routes: readonly Route[] = [
    { type: 'media.video', to: 'video' },
    { type: 'media.*', to: 'media' },
    { type: 'ai.>', to: 'gpu' },
    { headers: { tenant: 'acme' }, to: 'acme' },
    { when: (payload) => payload === 'big', to: 'big' },
    { type: 'media.video', to: 'never' },
  ];
  const process = await context.process({ routes });
  const tasks: readonly Parameters<TaskProcess['dispatcher']['dispatch']>[] = [
    ['media.video', 1],
    ['media.audio', 1],
    ['ai.speech.whisper', 1],
    ['mail', 1, { headers: { tenant: 'acme', more: 'x' } }],
    ['mail', 'big'],
    ['ai.speech', 'big', { headers: { tenant: 'acme' } }],
    ['media', 1],
  ];
  const expected = ['video', 'media', 'gpu', 'acme', 'big', 'gpu', 'tasks'];
  assert.deepEqual(await queuesOf(process, tasks), expected);
  const workers = ['media.video', 'media.audio', 'ai.speech.whisper', 'ai.speech', 'mail', 'media'].flatMap((type) =>
    [...new Set(expected)].map((queue) => process.work(type, undefined, queue)),
  );
  await process.start();
  const starts = () => workers.flatMap((worker) => worker.starts);
  await context.within('10s', () => starts().length === tasks.length, 'each task is worked on');
  assert.deepEqual(
    starts()
      .map(({ context: { queue } }) => queue)
      .toSorted(),
    expected.toSorted(),
  );
}

async function needsAllConditions(context: DispatcherContext): Promise<void> {
  const route: Route = { type: 'mail', headers: { a: '1', b: '2' }, when: (payload, headers) => payload === headers.a, to: 'all' };
  const process = await context.process({ routes: [route] });
  const both = { a: '1', b: '2' };
  const queues = await queuesOf(process, [
    ['mail', '1', { headers: both }],
    ['letter', '1', { headers: both }],
    ['mail', '1', { headers: { a: '1' } }],
    ['mail', '2', { headers: both }],
    ['mail', '1'],
  ]);
  assert.deepEqual(queues, ['all', 'tasks', 'tasks', 'tasks', 'tasks']);
}

async function fallsBackToTheDefault(context: DispatcherContext): Promise<void> {
  const process = await context.process({ routes: [{ type: 'media.*', to: 'media' }], defaultQueue: 'rest' });
  assert.deepEqual(
    await queuesOf(process, [
      ['mail', 1],
      ['media.x', 1],
    ]),
    ['rest', 'media'],
  );
  const { by_route, total_dispatched } = await process.dispatcher.stats();
  assert.deepEqual([total_dispatched, by_route], [2, { default: 1, 'route-1': 1 }]);
}

async function refusesWithoutADefault(context: DispatcherContext): Promise<void> {
  const { dispatcher } = await context.process({ routes: [{ type: 'media.*', to: 'media' }], defaultQueue: null });
  await assert.rejects(
    dispatcher.dispatch('mail', 1, { id: 'lost' }),
    (error) => error instanceof NoRouteError && /'mail'/.test(error.message),
  );
  assert.equal(await dispatcher.status('lost'), undefined);
  assert.equal((await dispatcher.stats()).total_dispatched, 0);
}

async function addsRoutes(context: DispatcherContext): Promise<void> {
  const process = await (await context.process({ routes: [{ type: 'first', to: 'old' }] })).start();
  const where = async (type: string) => (await queuesOf(process, [[type, 1]]))[0];
  assert.equal(await where('second'), 'tasks');
  const remove = process.dispatcher.addRoute({ name: 'late', to: 'new' });
  assert.deepEqual([await where('first'), await where('second')], ['old', 'new']);
  remove();
  remove();
  assert.deepEqual([await where('first'), await where('second')], ['old', 'tasks']);
  assert.deepEqual((await process.dispatcher.stats()).by_route, { default: 2, 'route-1': 2, late: 1 });
}

async function ignoresRoutes(context: DispatcherContext): Promise<void> {
  const process = await context.process({ enableRouting: false, routes: [{ to: 'elsewhere' }] });
  assert.deepEqual(
    await queuesOf(process, [
      ['mail', 1],
      ['media', 1],
    ]),
    ['tasks', 'tasks'],
  );
}
