import type { Case } from '../case.js';
import type { QueueContext } from './context.js';

export type QueueCase = Case<QueueContext>;
