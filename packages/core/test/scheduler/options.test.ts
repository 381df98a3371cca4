import assert from 'node:assert/strict';
import { ConfigError } from '#src/errors.js';
import type { ScheduleOptions, SchedulerOptions } from '#src/ports/scheduler.js';
import { checkScheduleOptions } from '#src/scheduler/options.js';
import { resolveSchedulerSettings, schedulerQueueOptions } from '#src/scheduler/settings.js';

const now = Date.UTC(2026, 0, 1);

function pathsOf(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.issues.map(({ path }) => path);
  }
}

describe('schedule options', () => {
  const check = (options: object) => pathsOf(() => checkScheduleOptions(options as ScheduleOptions, now));

  it('takes every option that a schedule has', () => {
    const backoff = { type: 'exponential', delay: '1s', maxDelay: '1m', jitter: 'equal' } as const;
    const attempts = { priority: 'critical', timeout: '1m', maxRetries: 0, backoff } as const;
    assert.deepEqual(check({ delay: 0, ...attempts, onConflict: 'reject' }), []);
    assert.deepEqual(check({ cron: '@hourly', timezone: 'Asia/Shanghai', from: new Date(now), until: new Date(now), ...attempts }), []);
    assert.deepEqual(check({ every: 10, misfire: 'skip', overlap: true, onConflict: 'ignore' }), []);
  });

  it('tells all that is wrong at once', () => {
    const wrong = { priority: 'urgent', onConflict: 'merge', misfire: 'never', overlap: 1, maxRetries: 1.5, timeout: 0 };
    assert.deepEqual(check({ every: 'x', ...wrong, backoff: { type: 'fixed', delay: -1, maxDelay: 'y', jitter: 'some' } }).toSorted(), [
      'options.backoff.delay',
      'options.backoff.jitter',
      'options.backoff.maxDelay',
      'options.every',
      'options.maxRetries',
      'options.misfire',
      'options.onConflict',
      'options.overlap',
      'options.priority',
      'options.timeout',
    ]);
  });

  it('refuses what means nothing to a schedule that runs once', () => {
    assert.deepEqual(check({ delay: 0, misfire: 'all', overlap: false, until: new Date(now) }).toSorted(), [
      'options.from',
      'options.misfire',
      'options.overlap',
    ]);
  });

  it('refuses a backoff that is a function, since it can not be kept', () => {
    assert.deepEqual(check({ delay: 0, backoff: () => 5 }), ['options.backoff']);
  });

  it('refuses a time that no queue can wait for', () => {
    assert.deepEqual(check({ at: new Date(now + 101 * 366 * 86_400_000) }), ['options.at']);
    assert.deepEqual(check({ every: '1d', from: new Date(8.64e15) }), ['options']);
  });
});

describe('scheduler options', () => {
  it('have defaults', () => {
    const defaults = { workers: 8, bufferSize: 1_000, enableDelayedTasks: true, repairIntervalMs: 60_000, statusRetentionMs: 86_400_000 };
    assert.deepEqual(resolveSchedulerSettings(), defaults);
  });

  it('are all checked at once', () => {
    const options = { workers: 0, bufferSize: 1.5, repairInterval: '50ms', statusRetention: -1 };
    assert.deepEqual(
      pathsOf(() => resolveSchedulerSettings(options)).toSorted(),
      ['statusRetention', 'workers', 'bufferSize', 'repairInterval'].toSorted(),
    );
    const worse = { workers: 'many', repairInterval: 'rarely' } as unknown as SchedulerOptions;
    assert.ok(['workers', 'repairInterval'].every((path) => pathsOf(() => resolveSchedulerSettings(worse)).includes(path)));
  });

  it("make a queue's: so many runs at a time, and no dead letters", () => {
    assert.deepEqual(schedulerQueueOptions({ workers: 3 }), { concurrency: 3, deadLetterQueue: false });
    assert.throws(() => schedulerQueueOptions({ workers: -1 }), ConfigError);
  });
});
