import { definePort } from '../port.js';
import { closeCases } from './close.js';
import { pubsubContents } from './contents.js';
import { PubSubContext } from './context.js';
import { durableCases } from './durable.js';
import { flowCases } from './flow.js';
import { groupCases } from './groups.js';
import { patternCases } from './patterns.js';
import { payloadCases } from './payload-cases.js';
import { publishingCases } from './publishing.js';
import { randomFaultCases } from './random-faults.js';
import { reconnectCases } from './reconnect.js';
import { serverFaultCases } from './server-faults.js';
import { subscribingCases } from './subscribing.js';
import { unsentCases } from './unsent.js';
import { volumeCases } from './volume.js';

export const pubsubPort = definePort({
  name: 'pubsub',
  title: 'PubSub',
  contents: pubsubContents,
  cases: [
    ...publishingCases,
    ...subscribingCases,
    ...patternCases,
    ...flowCases,
    ...payloadCases,
    ...reconnectCases,
    ...unsentCases,
    ...randomFaultCases,
    ...serverFaultCases,
    ...groupCases,
    ...durableCases,
    ...volumeCases,
    ...closeCases,
  ],
  capabilities: (backend) => backend.pubSubTransport?.('channels').capabilities,
  open: PubSubContext.open,
});
