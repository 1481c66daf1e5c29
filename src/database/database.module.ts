import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { CONFIG, type Config } from '../config';
import { dataSourceOptions } from './data-source';
import { DatabaseState } from './database-state';
import { Statements } from './statements';
import { Transactions } from './transaction';

/**
 * The database, for every module: TypeORM's DataSource and repositories, {@link Transactions}, {@link DatabaseState}.
 *
 * `manualInitialization`: Hub boots without a database and connects in the background (see DatabaseState).
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({ ...dataSourceOptions(config.database), manualInitialization: true }),
    }),
  ],
  providers: [Statements, Transactions, DatabaseState],
  exports: [Statements, Transactions, DatabaseState, TypeOrmModule],
})
export class DatabaseModule {}
