import assert from 'node:assert/strict';
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultCase } from '../fault-case.js';
import type { Stage } from '../stage.js';

export const powerCutCases: readonly FaultCase[] = [
  {
    id: 'F-03',
    title:
      'a power cut, played by cutting the last second off the append-only file: what was acknowledged before it is there, and no more is lost',
    backends: ['redis', 'bullmq'],
    run: cutsPower,
  },
];

const windowMs = 1_000;
const lookEveryMs = 20;

/** How long the file was, and how many publishes had been acknowledged before that was looked at. */
interface Look {
  readonly at: number;
  readonly bytes: number;
  readonly acknowledged: number;
}

/** Only producers: what a worker has done since is not the question here. */
async function cutsPower(stage: Stage) {
  const { url, control, folder } = await stage.redis({ appendFsync: 'everysec' });
  const fleet = stage.fleet(url);
  await fleet.produce(Number.MAX_SAFE_INTEGER, { inFlight: 5 });
  const file = () => {
    const dir = join(folder, 'appendonlydir');
    const name = readdirSync(dir).find((one) => one.endsWith('.incr.aof'));
    assert.ok(name, 'there is an append-only file');
    return join(dir, name);
  };
  const looks: Look[] = [];
  const look = setInterval(() => {
    looks.push({ at: performance.now(), acknowledged: fleet.acknowledged, bytes: statSync(file()).size });
  }, lookEveryMs);
  stage.onEnd(() => clearInterval(look));
  await pause(stage.size(2_500, 10_000));
  await control.kill();
  clearInterval(look);
  const killedAt = performance.now();
  const last = looks.at(-1);
  const cut = looks.findLast(({ at }) => at < killedAt - windowMs);
  assert.ok(cut !== undefined && last !== undefined, 'it ran for longer than the window');
  for (const producer of fleet.producers) await producer.kill();
  truncateSync(file(), cut.bytes);
  await control.restart();
  const account = await fleet.account();
  const lost = account.lost.length;
  // Acknowledged before the file was so long, so within what is left of it.
  assert.ok(
    lost <= account.acknowledged - cut.acknowledged,
    `${lost} are lost, ${account.acknowledged - cut.acknowledged} were acknowledged in the last second`,
  );
  assert.ok(lost > 0, 'the cut took something, else this shows nothing');
  assert.deepEqual(
    account.violations.filter(({ rule }) => rule !== 'lost' && rule !== 'statistics-differ'),
    [],
  );
  const { published, acknowledged } = account;
  return { published, acknowledged, lost, note: `of ${acknowledged - cut.acknowledged} acknowledged in the last second` };
}
