import type { QueueCase } from './queue-case.js';

export const retryCases: readonly QueueCase[] = [];
