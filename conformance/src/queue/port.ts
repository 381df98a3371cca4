import { historyCases } from '../history/cases.js';
import { modelCases } from '../model/cases.js';
import { definePort } from '../port.js';
import { batchCases } from './batches.js';
import { bufferedCases } from './buffered.js';
import { closeCases } from './close.js';
import { queueContents } from './contents.js';
import { QueueContext } from './context.js';
import { deadLetterCases } from './dead-letters.js';
import { delayCases } from './delay.js';
import { deliveryCases } from './deliveries.js';
import { fencingCases } from './fencing.js';
import { flowCases } from './flow.js';
import { headerCases } from './headers.js';
import { leaseCases } from './leases.js';
import { lostReplyCases } from './lost-replies.js';
import { nameCases } from './names.js';
import { orderCases } from './order.js';
import { payloadCases } from './payloads.js';
import { publishBatchCases } from './publish-batches.js';
import { publishingCases } from './publishing.js';
import { retryCases } from './retry.js';
import { statsCases } from './stats.js';
import { weightedCases } from './weighted.js';
import { workerCases } from './workers.js';

export const queuePort = definePort({
  name: 'queue',
  title: 'Queue',
  contents: queueContents,
  cases: [
    ...publishingCases,
    ...publishBatchCases,
    ...payloadCases,
    ...headerCases,
    ...nameCases,
    ...lostReplyCases,
    ...orderCases,
    ...weightedCases,
    ...leaseCases,
    ...fencingCases,
    ...bufferedCases,
    ...deliveryCases,
    ...retryCases,
    ...deadLetterCases,
    ...delayCases,
    ...workerCases,
    ...batchCases,
    ...flowCases,
    ...statsCases,
    ...closeCases,
    ...modelCases,
    ...historyCases,
  ],
  capabilities: (backend) => backend.queueStore?.('probe').capabilities,
  open: QueueContext.open,
});
