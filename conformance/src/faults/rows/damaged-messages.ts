import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type Backend, createQueue, type Queue, silentLogger, systemClock } from '@quayside/core';
import { Redis } from 'ioredis';
import type { FaultCase } from '../fault-case.js';
import type { Stage } from '../stage.js';
import { openRowBackend } from './open-backend.js';

export const damagedMessagesCases: readonly FaultCase[] = [
  {
    id: 'F-14',
    title:
      'a damaged message goes to the dead letters as corrupt, or on where what it lost is not needed; those before and behind it are handled',
    backends: ['redis', 'bullmq'],
    run: damagesMessages,
  },
];

interface Damage {
  readonly name: string;
  /** Beyond repair: nothing but `corrupt` will do. */
  readonly isFatal: boolean;
  apply(admin: Redis, queue: string, id: string): Promise<unknown>;
}

const garbage = '\0garbage\n{"';
const bodyKey = (queue: string) => `damaged:queue:{${queue}}:messages`;
const jobKey = (queue: string, id: string) => `damaged:${queue}:${id}`;

/** One hash holds all bodies: a line of level and type, a line of meta, the payload. */
function bodyDamages(): readonly Damage[] {
  const change = (name: string, isFatal: boolean, to: (body: string) => string): Damage => ({
    name,
    isFatal,
    apply: async (admin, queue, id) => admin.hset(bodyKey(queue), id, to((await admin.hget(bodyKey(queue), id)) ?? '')),
  });
  return [
    change('garbage', true, () => garbage),
    change('empty', true, () => ''),
    change('its first line alone', true, (body) => body.slice(0, body.indexOf('\n'))),
    change('a level that is none', true, (body) => `9${body.slice(1)}`),
    change('an envelope that is none', true, (body) => body.replace(/\n.*\n/, '\nnonsense\n')),
    change('its payload cut short', true, (body) => body.slice(0, -2)),
    { name: 'gone', isFatal: false, apply: (admin, queue, id) => admin.hdel(bodyKey(queue), id) },
  ];
}

/** A job has a hash of its own. */
function jobDamages(): readonly Damage[] {
  const fields = ['name', 'data', 'opts', 'timestamp', 'delay', 'priority', 'qs'];
  return [
    ...fields.map(
      (field): Damage => ({
        name: `garbage as its ${field}`,
        isFatal: field === 'data' || field === 'qs',
        apply: (admin, queue, id) => admin.hset(jobKey(queue, id), field, garbage),
      }),
    ),
    ...fields.map(
      (field): Damage => ({
        name: `without its ${field}`,
        isFatal: field === 'data',
        apply: (admin, queue, id) => admin.hdel(jobKey(queue, id), field),
      }),
    ),
    { name: 'gone', isFatal: false, apply: (admin, queue, id) => admin.del(jobKey(queue, id)) },
  ];
}

async function damagesMessages(stage: Stage) {
  const { url } = await stage.redis({});
  const admin = new Redis(url);
  stage.onEnd(() => admin.disconnect());
  const backend = await openRowBackend(stage, url);
  const damages = stage.backend === 'bullmq' ? jobDamages() : bodyDamages();
  const fates = await Promise.all(damages.map((damage, index) => fateOf(admin, backend, `messages-${index}`, damage)));
  const wrong = damages.flatMap(({ name, isFatal }, index) => {
    const fate = fates[index] ?? '';
    return !isFatal || fate === 'corrupt' ? [] : [`${name}: ${fate}`];
  });
  assert.deepEqual(wrong, []);
  return { note: damages.map(({ name }, index) => `${name}: ${fates[index]}`).join('; ') };
}

const boundMs = 10_000;

/** Of three messages the one in the middle is damaged. @throws where a neighbour is not handled, or anything stays behind */
async function fateOf(admin: Redis, backend: Backend, name: string, damage: Damage): Promise<string> {
  const store = backend.queueStore?.(name);
  assert.ok(store !== undefined);
  const options = { maxRetries: 0, visibilityTimeout: '1s' } as const;
  const queue: Queue = createQueue(name, { store, clock: systemClock, logger: silentLogger, options });
  const handled = new Set<string>();
  const ids: string[] = [];
  for (const payload of ['before', 'damaged', 'behind']) ids.push((await queue.publish('task', { payload }, { headers: { a: 'b' } })).id);
  const [before = '', damaged = '', behind = ''] = ids;
  await damage.apply(admin, name, damaged);
  queue.process('*', ({ id }) => void handled.add(id));
  await queue.start();
  const deadline = performance.now() + boundMs;
  for (let isAtRest = false; !isAtRest; ) {
    const { queue_length, delayed_count, processing_count } = await queue.stats();
    isAtRest = handled.has(before) && handled.has(behind) && queue_length + delayed_count + processing_count === 0;
    assert.ok(
      isAtRest || performance.now() < deadline,
      `${damage.name}: ${queue_length} wait, ${processing_count} are held, ${handled.size} handled`,
    );
    await pause(10);
  }
  const fate = handled.has(damaged) ? 'handled' : ((await queue.deadLetters.list()).items[0]?.reason ?? 'gone');
  await queue.stop({ graceMs: 0 });
  return fate;
}
