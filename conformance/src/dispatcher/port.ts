import { definePort } from '../port.js';
import { batchCases } from './batches.js';
import { callbackCases } from './callbacks.js';
import { cancelCases } from './cancel.js';
import { dispatcherContents } from './contents.js';
import { DispatcherContext } from './context.js';
import { dispatcherCrashCases } from './dispatcher-crashes.js';
import { failureCases } from './failures.js';
import { faultCases } from './faults.js';
import { passingCases } from './passing.js';
import { progressCases } from './progress.js';
import { randomTaskCases } from './random-tasks.js';
import { restartCases } from './restarts.js';
import { resultCases } from './results.js';
import { retentionCases } from './retention.js';
import { routingCases } from './routing.js';
import { statusCases } from './status.js';
import { strategyCases } from './strategies.js';
import { timeoutCases } from './timeouts.js';
import { workerCrashCases } from './worker-crashes.js';

export const dispatcherPort = definePort({
  name: 'dispatcher',
  title: 'Dispatcher',
  contents: dispatcherContents,
  cases: [
    ...routingCases,
    ...strategyCases,
    ...statusCases,
    ...resultCases,
    ...callbackCases,
    ...progressCases,
    ...restartCases,
    ...cancelCases,
    ...timeoutCases,
    ...batchCases,
    ...failureCases,
    ...retentionCases,
    ...passingCases,
    ...faultCases,
    ...workerCrashCases,
    ...dispatcherCrashCases,
    ...randomTaskCases,
  ],
  capabilities: (backend) => {
    const [queue, records, pubsub] = [backend.queueStore?.('probe'), backend.recordStore?.('probe'), backend.pubSubTransport?.('probe')];
    if (queue === undefined || records === undefined || pubsub === undefined) return undefined;
    return { ...pubsub.capabilities, ...queue.capabilities };
  },
  open: DispatcherContext.open,
});
