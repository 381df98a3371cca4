export { adapter } from './adapter.js';
export type { Commands } from './commands.js';

// For adapters that keep a part of their work on a Redis server, too.
export { type Connections, openConnections } from './connections.js';
export { toQuaysideError } from './errors.js';
export { wholeMs } from './exchange-call.js';
export { describeFailure } from './failure.js';
export { LastingLine } from './lasting-line.js';
export { lineOptions } from './line.js';
export type { RedisOptions, ServerAddress } from './options.js';
export { optionsSchema } from './options-schema.js';
export { RedisPubSubTransport } from './pubsub-transport.js';
export { RedisRecordStore } from './record-store.js';
export { type Argument, type CommandSender, runScript, type Script } from './scripts.js';
export { readStats } from './stats.js';
export { Subscriber } from './subscriber.js';
