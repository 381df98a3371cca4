import type { QueueCase } from './queue-case.js';

export const flowCases: readonly QueueCase[] = [];
