/** What must hold when a soak is over. */

import { atHand } from '../backends.js';
import { takeAccount } from '../faults/account.js';
import { idsIn } from '../faults/fleet.js';
import { readHistory } from '../history/log.js';
import { holdsWithin } from './await-condition.js';
import { type Footprint, takeFootprint } from './footprint.js';
import type { StressResult } from './part.js';
import type { StressServer } from './server.js';
import type { SoakLoad } from './soak-load.js';
import { type SoakProcess, soakQueue, soakRetries } from './soak-process.js';
import type { Growth, Trend } from './trend.js';

const workedOffBoundMs = 60_000;
const restBoundMs = 20_000;
/** A few bytes left of each message are more than this in ten minutes. */
const mostHeapGrown = { bytes: 4_000_000, share: 0.1 };
const mostRssGrown = { bytes: 30_000_000, share: 0.15 };
/** Timers come and go. */
const mostMoreResources = 5;
/** What queues, schedules and tasks need on a server when they are empty. */
const mostKeysLeft = 60;
const violationsShown = 10;

export interface Standing extends Footprint {
  readonly connections: number | undefined;
}

export async function measure(server: StressServer): Promise<Standing> {
  return { ...(await takeFootprint()), connections: await server.connections() };
}

/** Waits until all is worked off, and asks the history. */
export async function accountOf(
  service: SoakProcess,
  processes: readonly SoakProcess[],
  broken: string[],
): Promise<StressResult['figures']> {
  const isWorkedOff = await holdsWithin(workedOffBoundMs, async () => atHand(await service.store.stats()) === 0);
  if (!isWorkedOff) broken.push(`not worked off after ${workedOffBoundMs} ms: ${JSON.stringify(await service.store.stats())}`);
  const stats = await service.store.stats();
  const files = processes.map(({ historyFile: name }) => ({ name, lines: readHistory(name) }));
  const end = { queue: soakQueue, maxRetries: soakRetries, inStore: await idsIn(service.store), stats };
  const { published, acknowledged, completed, dead, duplicates, lost, violations } = takeAccount(files, end);
  for (const { rule, id = '', detail } of violations.slice(0, violationsShown)) broken.push(`${rule} ${id}: ${detail}`);
  if (lost.length > 0) broken.push(`${lost.length} messages were lost`);
  return { published, acknowledged, completed, dead, duplicates, lost: lost.length };
}

/** Handles, connections and keys come back to what they were. */
export async function judgeRest(server: StressServer, before: Standing, broken: string[]): Promise<StressResult['figures']> {
  let after = await measure(server);
  let keys = await server.keys();
  const most = before.resources + mostMoreResources;
  // Records are kept for some seconds; a connection that was cut takes a moment to be gone.
  const isFlat = await holdsWithin(restBoundMs, async () => {
    [after, keys] = [await measure(server), await server.keys()];
    const { connections = 0, descriptors = 0, resources } = after;
    return (
      resources <= most &&
      connections <= (before.connections ?? connections) &&
      descriptors <= (before.descriptors ?? descriptors) &&
      (keys ?? 0) <= mostKeysLeft
    );
  });
  const shown = ({ resources, descriptors, connections }: Standing) => JSON.stringify({ resources, descriptors, connections });
  if (!isFlat) broken.push(`before ${shown(before)}, at rest afterwards ${shown(after)}, ${keys} keys`);
  const arrow = (from: number | undefined, to: number | undefined) => `${from ?? '?'}->${to ?? '?'}`;
  return {
    handles: arrow(before.resources, after.resources),
    descriptors: arrow(before.descriptors, after.descriptors),
    connections: arrow(before.connections, after.connections),
    'keys left': keys ?? 'none',
  };
}

export function judgeLoad({ errors, wrongTasks, events }: SoakLoad): readonly string[] {
  const broken = [...wrongTasks.slice(0, violationsShown), ...errors.slice(0, violationsShown).map((error) => `a call failed: ${error}`)];
  if (events.twice > 0) broken.push(`${events.twice} events were heard twice`);
  if (events.untold > 0) broken.push(`${events.untold} events were acknowledged, and neither heard nor told as missed`);
  return broken;
}

/** Only of runs of minutes: a short one still grows into its size. */
export function judgeGrowth({ heap, rss }: Trend): readonly string[] {
  const judge = (what: string, { bytes, grown }: Growth, most: typeof mostHeapGrown) =>
    grown > Math.max(most.bytes, bytes * most.share) ? [`${what} grew by ${Math.round(grown)} bytes over the second half`] : [];
  return [...judge('the heap', heap, mostHeapGrown), ...judge('RSS', rss, mostRssGrown)];
}
