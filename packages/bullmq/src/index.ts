export { adapter } from './adapter.js';
export type { BullmqOptions } from './options.js';
