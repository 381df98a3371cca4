/** Every planted bug, in the catalogue's order. */
import type { PlantedBug } from './bug.js';
import { queueBugs } from './queue.js';

export const plantedBugs: readonly PlantedBug[] = [...queueBugs];
