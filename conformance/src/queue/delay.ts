import type { QueueCase } from './queue-case.js';

export const delayCases: readonly QueueCase[] = [];
