import type { QueueCase } from './queue-case.js';

export const statsCases: readonly QueueCase[] = [];
