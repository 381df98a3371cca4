export { adapter, type NatsAdapter } from './adapter.js';
export { NatsBackend } from './backend.js';
export type { NatsOptions, NatsTlsOptions } from './options.js';
