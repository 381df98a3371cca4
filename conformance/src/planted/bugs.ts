/** Every planted bug, in the catalogue's order. */
import type { PlantedBug } from './bug.js';
import { dispatcherBugs } from './dispatcher.js';
import { eventBusBugs } from './event-bus.js';
import { managerBugs } from './manager.js';
import { pubsubBugs } from './pubsub.js';
import { queueBugs } from './queue.js';
import { schedulerBugs } from './scheduler.js';

export const plantedBugs: readonly PlantedBug[] = [
  ...queueBugs,
  ...pubsubBugs,
  ...eventBusBugs,
  ...schedulerBugs,
  ...dispatcherBugs,
  ...managerBugs,
];
