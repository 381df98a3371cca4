import { definePort } from '../port.js';
import { attemptCases } from './attempts.js';
import { boundCases } from './bounds.js';
import { cancelCases } from './cancel.js';
import { changingCases } from './changing.js';
import { clockJumpCases } from './clock-jumps.js';
import { conflictCases } from './conflicts.js';
import { schedulerContents } from './contents.js';
import { SchedulerContext } from './context.js';
import { countingCases } from './counting.js';
import { crashCases } from './crashes.js';
import { cronCases } from './cron.js';
import { crowdCases } from './crowds.js';
import { everyCases } from './every.js';
import { misfireCases } from './misfire.js';
import { modelCases } from './model/cases.js';
import { onceCases } from './once.js';
import { randomLossCases } from './random-losses.js';
import { refusalCases } from './refusals.js';
import { runningChangeCases } from './running-changes.js';
import { stoppingCases } from './stopping.js';

export const schedulerPort = definePort({
  name: 'scheduler',
  title: 'Scheduler',
  contents: schedulerContents,
  cases: [
    ...onceCases,
    ...everyCases,
    ...cronCases,
    ...attemptCases,
    ...cancelCases,
    ...conflictCases,
    ...crowdCases,
    ...misfireCases,
    ...refusalCases,
    ...changingCases,
    ...countingCases,
    ...clockJumpCases,
    ...stoppingCases,
    ...crashCases,
    ...randomLossCases,
    ...boundCases,
    ...runningChangeCases,
    ...modelCases,
  ],
  capabilities: (backend) => (backend.recordStore === undefined ? undefined : backend.queueStore?.('probe').capabilities),
  open: SchedulerContext.open,
});
