import { historyCases } from '../history/cases.js';
import { modelCases } from '../model/cases.js';
import { definePort } from '../port.js';
import { activeCases } from './active.js';
import { backoffCases } from './backoff.js';
import { batchCases } from './batches.js';
import { blockedCases } from './blocked.js';
import { bufferedCases } from './buffered.js';
import { cancelCases } from './cancel.js';
import { closeCases } from './close.js';
import { queueContents } from './contents.js';
import { QueueContext } from './context.js';
import { counterCases } from './counters.js';
import { crowdCases } from './crowds.js';
import { deadLetterCases } from './dead-letters.js';
import { deduplicationCases } from './deduplication.js';
import { delayCases } from './delay.js';
import { deliveryCases } from './deliveries.js';
import { expiryCases } from './expiry.js';
import { fencingCases } from './fencing.js';
import { flowCases } from './flow.js';
import { foreignCases } from './foreign.js';
import { headerCases } from './headers.js';
import { leaseCases } from './leases.js';
import { leftoverCases } from './leftovers.js';
import { listingCases } from './listing.js';
import { lostReplyCases } from './lost-replies.js';
import { middlewareCases } from './middleware.js';
import { nameCases } from './names.js';
import { orderCases } from './order.js';
import { pauseCases } from './pause.js';
import { payloadCases } from './payloads.js';
import { publishBatchCases } from './publish-batches.js';
import { publishingCases } from './publishing.js';
import { pullCases } from './pull.js';
import { redriveCases } from './redrive.js';
import { retryCases } from './retry.js';
import { schemaCases } from './schemas.js';
import { silenceCases } from './silence.js';
import { statsCases } from './stats.js';
import { stoppingCases } from './stopping.js';
import { thrownCases } from './thrown.js';
import { unansweredCases } from './unanswered.js';
import { unfitCases } from './unfit.js';
import { wakingCases } from './waking.js';
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
    ...backoffCases,
    ...thrownCases,
    ...deadLetterCases,
    ...listingCases,
    ...redriveCases,
    ...unfitCases,
    ...schemaCases,
    ...activeCases,
    ...delayCases,
    ...deduplicationCases,
    ...expiryCases,
    ...pauseCases,
    ...workerCases,
    ...pullCases,
    ...batchCases,
    ...cancelCases,
    ...wakingCases,
    ...silenceCases,
    ...flowCases,
    ...middlewareCases,
    ...crowdCases,
    ...counterCases,
    ...foreignCases,
    ...statsCases,
    ...stoppingCases,
    ...closeCases,
    ...unansweredCases,
    ...blockedCases,
    ...leftoverCases,
    ...modelCases,
    ...historyCases,
  ],
  capabilities: (backend) => backend.queueStore?.('probe').capabilities,
  open: QueueContext.open,
});
