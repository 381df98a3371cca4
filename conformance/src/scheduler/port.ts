import { definePort } from '../port.js';
import { schedulerContents } from './contents.js';
import { SchedulerContext } from './context.js';
import { onceCases } from './once.js';

export const schedulerPort = definePort({
  name: 'scheduler',
  title: 'Scheduler',
  contents: schedulerContents,
  cases: [...onceCases],
  capabilities: (backend) => (backend.recordStore === undefined ? undefined : backend.queueStore?.('probe').capabilities),
  open: SchedulerContext.open,
});
