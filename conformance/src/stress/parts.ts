import { faults, fuzz, parallel, simulation } from './commands.js';
import { million } from './million.js';
import type { StressPart } from './part.js';
import { queues } from './queues.js';
import { slow } from './slow.js';
import { soak } from './soak.js';
import { subscribers } from './subscribers.js';

/** In the order in which they run. */
export const stressParts: readonly StressPart[] = [soak, million, queues, subscribers, slow, parallel, faults, simulation, fuzz];
