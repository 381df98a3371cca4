import type { FaultCase } from './fault-case.js';
import { clockJumpCases } from './rows/clock-jumps.js';
import { clusterCases } from './rows/cluster.js';
import { damagedKeysCases } from './rows/damaged-keys.js';
import { damagedMessagesCases } from './rows/damaged-messages.js';
import { damagedWayCases } from './rows/damaged-way.js';
import { evictionCases } from './rows/eviction.js';
import { failoverCases } from './rows/failover.js';
import { frozenWorkerCases } from './rows/frozen-worker.js';
import { killedServerCases } from './rows/killed-server.js';
import { killedWorkersCases } from './rows/killed-workers.js';
import { lostReplyCases } from './rows/lost-reply.js';
import { natsServerCases } from './rows/nats-servers.js';
import { powerCutCases } from './rows/power-cut.js';
import { serverTroubleCases } from './rows/server-trouble.js';

export const faultCases: readonly FaultCase[] = [
  ...killedWorkersCases,
  ...killedServerCases,
  ...powerCutCases,
  ...frozenWorkerCases,
  ...damagedWayCases,
  ...serverTroubleCases,
  ...evictionCases,
  ...lostReplyCases,
  ...failoverCases,
  ...clusterCases,
  ...natsServerCases,
  ...clockJumpCases,
  ...damagedKeysCases,
  ...damagedMessagesCases,
];
