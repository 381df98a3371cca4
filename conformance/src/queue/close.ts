import type { QueueCase } from './queue-case.js';

export const closeCases: readonly QueueCase[] = [];
