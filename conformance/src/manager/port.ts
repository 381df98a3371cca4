import { definePort } from '../port.js';
import { adapterCases } from './adapters.js';
import { configCases } from './config.js';
import { connectionCases } from './connections.js';
import { containerCases } from './container.js';
import { managerContents } from './contents.js';
import { ManagerContext } from './context.js';
import { errorCases } from './errors.js';
import { featureCases } from './features.js';
import { initCases } from './init.js';
import { lifecycleCases } from './lifecycle.js';
import { openingCases } from './opening.js';
import { sectionCases } from './original.js';
import { secretCases } from './secrets.js';
import { taskCases } from './tasks.js';
import { typeCases } from './types.js';

export const managerPort = definePort({
  name: 'manager',
  title: 'Manager',
  contents: managerContents,
  cases: [
    ...typeCases,
    ...configCases,
    ...sectionCases,
    ...featureCases,
    ...openingCases,
    ...connectionCases,
    ...lifecycleCases,
    ...initCases,
    ...containerCases,
    ...taskCases,
    ...adapterCases,
    ...secretCases,
    ...errorCases,
  ],
  capabilities: (backend) => ({
    ...backend.pubSubTransport?.('probe').capabilities,
    ...backend.queueStore?.('probe').capabilities,
    queue: backend.queueStore !== undefined,
    records: backend.recordStore !== undefined,
  }),
  open: ManagerContext.open,
});
