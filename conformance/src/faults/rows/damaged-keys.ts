import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { type Backend, createQueue, priorities, QuaysideError, type Queue, silentLogger, systemClock } from '@quayside/core';
import { Redis } from 'ioredis';
import type { FaultCase } from '../fault-case.js';
import type { Stage } from '../stage.js';
import { openRowBackend } from './open-backend.js';

export const damagedKeysCases: readonly FaultCase[] = [
  {
    id: 'F-14',
    title:
      'damaged or foreign data under each of our keys: a typed error is told or the work goes on, nothing hangs, other queues are untouched',
    backends: ['redis', 'bullmq'],
    run: damagesKeys,
  },
];

/** What lies under a key, and what somebody might have done to it. */
interface Damage {
  readonly name: string;
  /** False: it can't be done to a key of this type. */
  apply(admin: Redis, key: string, type: string): Promise<boolean>;
}

const garbage = '\0garbage\n{"';

const anotherType: Damage = {
  name: 'another type',
  async apply(admin, key, type) {
    await admin.del(key);
    if (type === 'string') await admin.rpush(key, garbage);
    else await admin.set(key, garbage);
    return true;
  },
};

/** Where a message of normal priority gets its place. */
const placesOfNormal = ['}:normal', ':prioritized', ':pc'];

const damages: readonly Damage[] = [
  anotherType,
  {
    name: 'gone',
    async apply(admin, key, type) {
      if (type !== 'none') await admin.del(key);
      return type !== 'none';
    },
  },
  { name: 'a foreign entry', apply: addForeign },
  { name: 'garbage in every entry', apply: (admin, key, type) => replaceEach(admin, key, type, () => garbage) },
  {
    name: 'every entry cut in half',
    apply: (admin, key, type) => replaceEach(admin, key, type, (value) => value.slice(0, value.length / 2)),
  },
];

async function addForeign(admin: Redis, key: string, type: string): Promise<boolean> {
  switch (type) {
    case 'hash':
      await admin.hset(key, 'foreign', garbage);
      return true;
    case 'list':
      await admin.lpush(key, 'foreign', garbage);
      return true;
    case 'zset':
      await admin.zadd(key, 0, 'foreign', 1, garbage);
      return true;
    default:
      return false;
  }
}

async function replaceEach(admin: Redis, key: string, type: string, change: (value: string) => string): Promise<boolean> {
  switch (type) {
    case 'hash':
      for (const [field, value] of Object.entries(await admin.hgetall(key))) await admin.hset(key, field, change(value));
      return true;
    case 'string':
      await admin.set(key, change((await admin.get(key)) ?? ''));
      return true;
    default:
      return false;
  }
}

/** Every call has its own bound of 5 s; and a second for what is under way. */
const boundMs = 6_000;

async function within<T>(work: Promise<T>, what: string): Promise<T> {
  const tooLate = pause(boundMs, undefined, { ref: false }).then(() => {
    throw new Error(`${what} did not settle within ${boundMs} ms`);
  });
  return Promise.race([work, tooLate]);
}

/** An answer, or an error that says what it is. */
async function settlesTyped(work: Promise<unknown>, what: string): Promise<boolean> {
  try {
    await within(work, what);
    return true;
  } catch (error) {
    if (error instanceof QuaysideError) return false;
    throw new Error(`${what}: ${String(error)}`, { cause: error });
  }
}

class Site {
  readonly queue: Queue;
  readonly errors: Error[] = [];
  readonly #handled = new Set<unknown>();

  constructor(backend: Backend, name: string) {
    const store = backend.queueStore?.(name);
    assert.ok(store !== undefined);
    const options = {
      publishTimeout: '1s',
      visibilityTimeout: '1s',
      backoff: { type: 'fixed', delay: 10, jitter: 'none' },
      maxRetries: 1,
    } as const;
    this.queue = createQueue(name, { store, clock: systemClock, logger: silentLogger, options });
    this.queue.on('error', (error) => void this.errors.push(error));
    // A store that refuses every call is as good as one that can't be reached.
    this.queue.on('disconnected', (error) => void this.errors.push(error));
  }

  /** A message in each state. */
  async fill(): Promise<void> {
    for (const priority of priorities) await this.queue.publish('dies', priority, { priority });
    const [first, second] = await this.queue.receive({ max: 2, visibilityTimeout: '1s' });
    await first?.dead('for the list of the dead');
    await second?.retry({ delay: 1, error: new Error('for its history') });
    for (const priority of priorities) await this.queue.publish('waits', priority, { priority });
    await this.queue.publish('later', 1, { delay: 300, deduplication: { id: 'once', window: '1m' } });
    await this.queue.receive({ visibilityTimeout: '1s' });
    // Each level has one that waits.
    await this.queue.publish('waits', 'again', { priority: 'critical' });
  }

  async work(): Promise<void> {
    this.queue.process('*', ({ payload }) => void this.#handled.add(payload));
    await this.queue.start();
  }

  /** What becomes of a message: its publish is refused, its handler has it, or its worker tells why not. */
  async marker(name: string): Promise<'refused' | 'handled' | 'told'> {
    const isPublished = await settlesTyped(this.queue.publish('marker', name), 'publish');
    if (!isPublished) return 'refused';
    for (let left = boundMs; left > 0; left -= 20) {
      if (this.#handled.has(name)) return 'handled';
      if (this.errors.length > 0) return 'told';
      await pause(20);
    }
    throw new Error(`the marker ${name} was neither handled nor told of`);
  }

  /** Every call that reads or changes what is there. */
  async callAll(): Promise<void> {
    const { queue } = this;
    const id = 'nobody';
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      stats: () => queue.stats(),
      waiting: () => queue.list('waiting'),
      delayed: () => queue.list('delayed'),
      active: () => queue.list('active'),
      dead: () => queue.deadLetters.list(),
      find: () => queue.find(id),
      cancel: () => queue.cancel(id),
      promote: () => queue.promote(id),
      remove: () => queue.remove(id),
      redrive: () => queue.deadLetters.redrive(id),
      pause: () => queue.pause(),
      resume: () => queue.resume(),
    };
    for (const [name, call] of Object.entries(calls)) await settlesTyped(call(), name);
  }
}

async function damagesKeys(stage: Stage) {
  const { url } = await stage.redis({});
  const admin = new Redis(url);
  stage.onEnd(() => admin.disconnect());
  const backend = await openRowBackend(stage, url);
  const neighbour = new Site(backend, 'neighbour');
  await neighbour.work();
  stage.onEnd(() => neighbour.queue.stop({ graceMs: 0 }).then(() => undefined));
  const parts = await partsOf(admin, backend);
  const problems: string[] = [];
  let tried = 0;
  const damagePart = async (part: string) => {
    for (const [index, damage] of damages.entries()) {
      try {
        if (await damageOne(admin, backend, `damaged-${parts.indexOf(part)}-${index}`, part, damage)) tried++;
      } catch (error) {
        problems.push(`${part}, ${damage.name}: ${String(error)}`);
      }
      const fate = await neighbour.marker(`${part} ${index}`);
      if (fate !== 'handled') problems.push(`${part}, ${damage.name}: a message of another queue was ${fate}`);
    }
  };
  await Promise.all(parts.map(damagePart));
  assert.deepEqual(problems, []);
  return { note: `${parts.length} keys, ${tried} kinds of damage` };
}

/** By what comes behind the name of a queue: found by filling one. */
async function partsOf(admin: Redis, backend: Backend): Promise<readonly string[]> {
  const site = new Site(backend, 'sample');
  await site.fill();
  const keys = await admin.keys('*sample*');
  await site.queue.stop({ graceMs: 0 });
  // A job's own key ends with its id, which differs from queue to queue: those are the subject of the messages' own row.
  const parts = keys.map((key) => key.slice(key.indexOf('sample') + 'sample'.length)).filter((part) => /^\}?:[a-z-]+(:.*)?$/.test(part));
  assert.ok(parts.length >= 8, parts.join(' '));
  return [...parts, ...idleParts(backend)];
}

/** There only while a worker waits. */
function idleParts(backend: Backend): readonly string[] {
  return backend.type === 'redis' ? ['}:idle'] : [];
}

async function damageOne(admin: Redis, backend: Backend, name: string, part: string, damage: Damage): Promise<boolean> {
  const site = new Site(backend, name);
  await site.fill();
  const [sample = ''] = await admin.keys(`*${name}*`);
  const key = `${sample.slice(0, sample.indexOf(name) + name.length)}${part}`;
  if (!(await damage.apply(admin, key, await admin.type(key)))) return false;
  if (damage === anotherType && placesOfNormal.includes(part)) {
    assert.ok(!(await settlesTyped(site.queue.publish('marker', 1), 'publish')), 'what can not be stored whole is not acknowledged');
  }
  await site.work();
  await site.marker('while it is damaged');
  await site.callAll();
  for (const error of site.errors) assert.ok(error instanceof QuaysideError, `told as ${String(error)}`);
  await repair(admin, site, key);
  await site.queue.stop({ graceMs: 0 });
  return true;
}

/** Whoever takes the damaged key away and begins anew finds a queue that works. */
async function repair(admin: Redis, site: Site, key: string): Promise<void> {
  await admin.del(key);
  await within(site.queue.obliterate({ force: true }), 'obliterate');
  await pause(100);
  site.errors.length = 0;
  assert.equal(await site.marker('when it is mended'), 'handled', `after the repair: ${String(site.errors[0])}`);
}
