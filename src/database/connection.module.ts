import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { CONFIG, type Config } from '../config';
import { dataSourceOptions } from './data-source';
import { Statements } from './statements';
import { Transactions } from './transaction';

/**
 * The way to the database, without anybody who connects: TypeORM's DataSource, {@link Transactions}, {@link Statements}.
 *
 * `manualInitialization`: Hub connects in the background (see DatabaseModule), small programs when they need to.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({ ...dataSourceOptions(config.database), manualInitialization: true }),
    }),
  ],
  providers: [Statements, Transactions],
  exports: [Statements, Transactions, TypeOrmModule],
})
export class ConnectionModule {}
