import { Global, Module } from '@nestjs/common';

import { ConnectionModule } from './connection.module';
import { DatabaseState } from './database-state';

/** The database, for every module: the {@link ConnectionModule}, connected and migrated by {@link DatabaseState}. */
@Global()
@Module({
  imports: [ConnectionModule],
  providers: [DatabaseState],
  exports: [DatabaseState, ConnectionModule],
})
export class DatabaseModule {}
