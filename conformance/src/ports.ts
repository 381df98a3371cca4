/** The ports of the catalogue, in its order. */
import { dispatcherPort } from './dispatcher/port.js';
import { eventBusPort } from './event-bus/port.js';
import { managerPort } from './manager/port.js';
import type { Port } from './port.js';
import { pubsubPort } from './pubsub/port.js';
import { queuePort } from './queue/port.js';
import { schedulerPort } from './scheduler/port.js';

export const ports: readonly Port[] = [queuePort, pubsubPort, eventBusPort, schedulerPort, dispatcherPort, managerPort];
