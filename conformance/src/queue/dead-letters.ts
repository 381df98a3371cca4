import type { QueueCase } from './queue-case.js';

export const deadLetterCases: readonly QueueCase[] = [];
