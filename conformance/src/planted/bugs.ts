/** Every planted bug, in the catalogue's order. */
import type { PlantedBug } from './bug.js';
import { eventBusBugs } from './event-bus.js';
import { managerBugs } from './manager.js';
import { pubsubBugs } from './pubsub.js';
import { queueBugs } from './queue.js';

export const plantedBugs: readonly PlantedBug[] = [...queueBugs, ...pubsubBugs, ...eventBusBugs, ...managerBugs];
