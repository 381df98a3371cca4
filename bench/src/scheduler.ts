import { createQueue, createScheduler, type Scheduler, silentLogger, systemClock } from '@quayside/core';
import { adapter } from '@quayside/memory';
import { bytesEach } from './collect-garbage.js';
import type { Figure, Survey } from './measure.js';

const schedules = 100_000;
const spreadMs = 10_000;
/** Given in together. */
const lot = 1_000;

async function open(workers: number): Promise<{ readonly scheduler: Scheduler; readonly keep: object }> {
  const backend = await adapter.open({}, { clock: systemClock, logger: silentLogger, namespace: 'bench' });
  const store = backend.queueStore?.('schedules');
  const records = backend.recordStore?.('schedules');
  if (store === undefined || records === undefined) throw new Error('the memory adapter lacks a face');
  const queue = createQueue('schedules', { store, options: { concurrency: workers } });
  return { scheduler: createScheduler({ queue, records, options: { bufferSize: schedules } }), keep: backend };
}

async function fill(scheduler: Scheduler, at: (index: number) => Date): Promise<void> {
  for (let index = 0; index < schedules; index += lot) {
    const stored = Array.from({ length: lot }, (_, place) => scheduler.schedule('tick', index + place, { at: at(index + place) }));
    await Promise.all(stored);
  }
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** One-off schedules due evenly over ten seconds: how late they start, and what they cost the process. */
async function lateness(): Promise<readonly Figure[]> {
  const { scheduler } = await open(8);
  const late: number[] = [];
  const due: number[] = [];
  const finished = new Promise<void>((resolve) => {
    scheduler.process('tick', (message) => {
      late.push(Date.now() - (due[message.payload as number] ?? 0));
      if (late.length === schedules) resolve();
    });
  });
  const filling = performance.now();
  // Enough time to have all of them in before the first is due.
  const begin = Date.now() + 15_000;
  await fill(scheduler, (index) => {
    due[index] = begin + Math.floor((index * spreadMs) / schedules);
    return new Date(due[index] ?? 0);
  });
  const filledMs = performance.now() - filling;
  if (Date.now() > begin) throw new Error('the schedules were not in before the first was due');
  await scheduler.start();
  await new Promise((resolve) => setTimeout(resolve, begin - Date.now()));
  const cpu = process.cpuUsage();
  await finished;
  const { user, system } = process.cpuUsage(cpu);
  await scheduler.stop();
  const sorted = late.toSorted((a, b) => a - b);
  return [
    { subject: 'schedule', value: (schedules * 1000) / filledMs, unit: 'schedules/s' },
    { subject: 'lateness p50', value: quantile(sorted, 0.5), unit: 'ms' },
    { subject: 'lateness p99', value: quantile(sorted, 0.99), unit: 'ms' },
    { subject: 'earliest', value: sorted[0] ?? 0, unit: 'ms late' },
    { subject: 'processor time a run', value: (user + system) / schedules, unit: 'us' },
  ];
}

async function footprint(): Promise<readonly Figure[]> {
  const bytes = await bytesEach(schedules, async () => {
    const { scheduler, keep } = await open(8);
    await fill(scheduler, () => new Date(Date.now() + 86_400_000));
    return keep;
  });
  return [{ subject: 'waiting one-off schedule, its record included', value: bytes, unit: 'bytes' }];
}

export const schedulerSurveys: readonly Survey[] = [
  { name: 'scheduler-lateness', measure: lateness },
  { name: 'scheduler-bytes', measure: footprint },
];
