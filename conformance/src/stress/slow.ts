import { setTimeout as pause } from 'node:timers/promises';
import { createPubSub } from '@quayside/core';
import { transportOf } from '../backends.js';
import { holdsWithin } from './await-condition.js';
import type { StressContext, StressPart, StressResult } from './part.js';

const bufferSize = 100;
const slowMs = 10;
const batch = 50;
const paceMs = 10;
const boundMs = 60_000;
/** The quick ones share a process and a connection with the slow ones, not their waiting. */
const mostDelayMs = 1_000;
const slowOnes = 10;

export const slow: StressPart = {
  name: 'slow',
  title: 'slow subscribers beside a quick one: what they drop is counted and told, and the quick one hears all in time',
  backends: ['memory', 'redis', 'nats'],
  run: runSlow,
};

async function runSlow({ server, isShort }: StressContext): Promise<StressResult> {
  const events = isShort ? 2_000 : 100_000;
  const backend = await server.open('slow');
  const pubsub = createPubSub({ transport: transportOf(backend, 'channels') });
  const handled = Array.from({ length: slowOnes }, () => 0);
  const dropped = Array.from({ length: slowOnes }, () => 0);
  for (let index = 0; index < slowOnes; index++) {
    const handle = async () => {
      await pause(slowMs);
      handled[index] = (handled[index] ?? 0) + 1;
    };
    const onGap = ({ missed }: { readonly missed: number }) => {
      dropped[index] = (dropped[index] ?? 0) + missed;
    };
    await pubsub.subscribe('news', handle, { bufferSize, onGap });
  }
  const delays: number[] = [];
  await pubsub.subscribe('news', ({ payload }) => void delays.push(performance.now() - Number(payload)));
  for (let sent = 0; sent < events; sent += batch) {
    await Promise.all(Array.from({ length: batch }, () => pubsub.publish('news', performance.now())));
    await pause(paceMs);
  }
  const accounted = (index: number) => (handled[index] ?? 0) + (dropped[index] ?? 0);
  const isAccounted = await holdsWithin(boundMs, () => delays.length >= events && handled.every((_, index) => accounted(index) >= events));
  const { total_dropped: counted, total_missed: missed } = pubsub.stats();
  await pubsub.stop();
  await backend.close();
  delays.sort((one, other) => one - other);
  const latest = delays.at(-1) ?? Number.POSITIVE_INFINITY;
  const told = dropped.reduce((sum, each) => sum + each, 0);
  const broken: string[] = [];
  if (delays.length !== events) broken.push(`the quick one heard ${delays.length} of ${events} events`);
  if (latest > mostDelayMs) broken.push(`the quick one waited ${Math.round(latest)} ms`);
  const wrong = handled.filter((_, index) => accounted(index) !== events).length;
  if (!isAccounted || wrong > 0) broken.push(`of ${wrong} slow ones handled and dropped do not add up to ${events}`);
  if (told !== counted || missed > 0) broken.push(`${told} were told as dropped, ${counted} counted, ${missed} missed`);
  return {
    figures: {
      published: events,
      'slow ones': slowOnes,
      handled: handled.reduce((sum, each) => sum + each, 0),
      'dropped and told': told,
      'quick: delay p50 ms': delays[Math.floor(delays.length / 2)] ?? 0,
      'p99 ms': delays[Math.floor(delays.length * 0.99)] ?? 0,
      'longest ms': latest,
    },
    broken,
  };
}
