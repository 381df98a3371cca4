import type { Registration, ScheduleChanges, ScheduleOptions, Scheduler } from '@quayside/core';
import {
  anything,
  beside,
  callback,
  choice,
  date,
  duration,
  flag,
  name,
  options,
  payload,
  type Slot,
  text,
  unobserved,
  whole,
} from '../slots.js';
import { fuzzedType } from '../stage.js';
import { type AnyTable, table } from '../table.js';
import { backoff, page, priority, stopping } from './shared.js';

const repeating = { every: '1h' };
const cron = { cron: '0 3 * * *' };
const timezones = (): Slot => choice('Asia/Shanghai', ['Asia/Shanghai']);
const from = (): Slot => beside(repeating, date());

const rule = {
  every: beside({}, duration('1h', 10)),
  cron: beside({}, text('0 3 * * *')),
  timezone: beside(cron, timezones()),
  from: from(),
  until: from(),
  priority: priority(),
  timeout: duration('1m', 1),
  maxRetries: whole(1, 0),
  backoff: backoff(),
  misfire: beside(repeating, choice('all', ['once', 'all', 'skip'])),
  overlap: beside(repeating, flag(true)),
};

const scheduling = (delay: string): Slot =>
  options<ScheduleOptions>(
    {
      ...rule,
      delay: duration('1h'),
      at: beside({}, date()),
      id: name('its-own', /id/),
      onConflict: choice('replace', ['replace', 'reject', 'ignore']),
    },
    { delay },
  );

const changes = (): Slot => options<ScheduleChanges>({ ...rule, payload: unobserved(payload()) }, {});
/** There when its changes are tried. */
const standing = 'standing';
const id = (): Slot => name('nobody', /id/);
const config = 'ERR_QUAYSIDE_CONFIG';
const capacity = 'ERR_QUAYSIDE_CAPACITY';

export const schedulerTable: AnyTable = table<Scheduler>({
  subject: 'Scheduler',
  port: 'scheduler',
  async open({ scheduler }) {
    await scheduler.schedule(fuzzedType, 1, { id: standing, every: '1h' });
    return scheduler;
  },
  methods: {
    process: { args: { name: name('another'), handler: callback() }, alsoRejects: [config] },
    schedule: { args: { name: name(fuzzedType), payload: payload(), options: scheduling('1ms') }, alsoRejects: [config, capacity] },
    cancel: { args: { id: id() } },
    get: { args: { id: id() } },
    list: { args: { options: page() }, alsoRejects: [config] },
    update: { args: { id: name(standing, /id/), changes: changes() }, alsoRejects: [config] },
    pause: { args: { id: id() } },
    resume: { args: { id: id() } },
    preview: { args: { options: scheduling('1h'), count: whole(3, 0, 1_000) }, alsoRejects: [config] },
    on: { args: { event: anything('started'), listener: callback() } },
    stats: { args: {} },
    start: { args: {} },
    stopWorkers: { args: { options: stopping() }, isEnding: true },
    stop: { args: { options: stopping() }, isEnding: true },
  },
});

export const registrationTable: AnyTable = table<Registration>({
  subject: 'Registration',
  port: 'scheduler',
  open: (stage) => stage.scheduler.process('passing', () => undefined),
  methods: { remove: { args: {} } },
});
