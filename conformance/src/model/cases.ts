import type { QueueCase } from '../queue/queue-case.js';

export const modelCases: readonly QueueCase[] = [];
