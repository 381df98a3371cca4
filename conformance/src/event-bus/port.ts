import { definePort } from '../port.js';
import { capacityCases } from './capacity.js';
import { closeCases } from './close.js';
import { eventBusContents } from './contents.js';
import { EventBusContext } from './context.js';
import { emittingCases } from './emitting.js';
import { failingCases } from './failing.js';
import { handlerCases } from './handlers.js';
import { remoteCases } from './remote.js';
import { remoteFaultCases } from './remote-faults.js';

export const eventBusPort = definePort({
  name: 'event-bus',
  title: 'EventBus',
  contents: eventBusContents,
  cases: [...emittingCases, ...handlerCases, ...failingCases, ...capacityCases, ...remoteCases, ...remoteFaultCases, ...closeCases],
  // The local bus needs no backend; a remote one needs pub/sub with patterns.
  capabilities: (backend) => backend.pubSubTransport?.('probe').capabilities ?? {},
  open: EventBusContext.open,
});
