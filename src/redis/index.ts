/**
 * Redis, which is optional: what other services of a Travis installation put there and look for there.
 * Consumes the configuration. Publishes nothing. Exposes `RedisConnections` and the Nest module.
 */
export { redisLibrary } from './library';
export { RedisConnection, type RedisClient } from './redis-connection';
export { RedisConnections } from './redis-connections';
export { RedisModule } from './redis.module';
