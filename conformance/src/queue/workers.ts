import type { QueueCase } from './queue-case.js';

export const workerCases: readonly QueueCase[] = [];
