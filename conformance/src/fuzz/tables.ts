import { localBusTable, pubsubTable, remoteBusTable, subscriptionTable } from './rows/channels.js';
import { batchHandleTable, dispatchBatchTable, dispatcherTable, taskTable } from './rows/dispatcher.js';
import { managerTable } from './rows/manager.js';
import { batchTable, deadLettersTable, deliveryTable, queueTable } from './rows/queue.js';
import { registrationTable, schedulerTable } from './rows/scheduler.js';
import type { AnyTable } from './table.js';

/** Every public call of the ports, object by object. */
export const fuzzTables: readonly AnyTable[] = [
  queueTable,
  batchTable,
  deadLettersTable,
  deliveryTable,
  pubsubTable,
  subscriptionTable,
  remoteBusTable,
  localBusTable,
  schedulerTable,
  registrationTable,
  dispatcherTable,
  dispatchBatchTable,
  taskTable,
  batchHandleTable,
  managerTable,
];
