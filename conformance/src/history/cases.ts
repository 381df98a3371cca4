import type { QueueCase } from '../queue/queue-case.js';

export const historyCases: readonly QueueCase[] = [];
