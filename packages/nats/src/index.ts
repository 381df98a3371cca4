export { adapter, type NatsAdapter } from './adapter.js';
export { NatsBackend } from './backend.js';
export type { JetStreamOptions, NatsOptions, NatsTlsOptions } from './options.js';
