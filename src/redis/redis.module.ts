import { Global, Module } from '@nestjs/common';
import { RedisConnections } from './redis-connections';

/** Gives everybody the connections to Redis, if one is configured. */
@Global()
@Module({
  providers: [RedisConnections],
  exports: [RedisConnections],
})
export class RedisModule {}
