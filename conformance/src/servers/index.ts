/** Real servers for tests. Everything that is started here ends with this process, however that ends. */
export { MissingServerError } from './missing-server.js';
export { type NatsServer, type NatsServerOptions, startNats } from './nats.js';
export { type NatsCluster, startNatsCluster } from './nats-cluster.js';
export { TcpProxy } from './proxy.js';
export { type RedisServer, type RedisServerOptions, startRedis, urlOf } from './redis.js';
export { type RedisCluster, type RedisClusterOptions, startRedisCluster } from './redis-cluster.js';
export { type RedisReplication, type RedisSentinel, startRedisReplication } from './redis-replication.js';
export { type RedisAddress, talkToRedis } from './redis-talk.js';
export type { ServerControl } from './server-process.js';
