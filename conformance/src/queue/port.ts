import { historyCases } from '../history/cases.js';
import { modelCases } from '../model/cases.js';
import { definePort } from '../port.js';
import { closeCases } from './close.js';
import { queueContents } from './contents.js';
import { QueueContext } from './context.js';
import { deadLetterCases } from './dead-letters.js';
import { delayCases } from './delay.js';
import { flowCases } from './flow.js';
import { leaseCases } from './leases.js';
import { publishingCases } from './publishing.js';
import { retryCases } from './retry.js';
import { statsCases } from './stats.js';
import { workerCases } from './workers.js';

export const queuePort = definePort({
  name: 'queue',
  title: 'Queue',
  contents: queueContents,
  cases: [
    ...publishingCases,
    ...leaseCases,
    ...retryCases,
    ...deadLetterCases,
    ...delayCases,
    ...workerCases,
    ...flowCases,
    ...statsCases,
    ...closeCases,
    ...modelCases,
    ...historyCases,
  ],
  capabilities: (backend) => backend.queueStore?.('probe').capabilities,
  open: QueueContext.open,
});
