import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { ApiModule } from './api';
import { BuildsModule } from './builds';
import { ConfigModule, type Config } from './config';
import { DatabaseModule } from './database';
import { DeliveriesModule } from './deliveries';
import { EventsModule } from './events';
import { HealthModule } from './health';
import { HttpModule } from './http';
import { IntakeModule } from './intake';
import { JobsModule } from './jobs';
import { MetricsModule } from './metrics';
import { NotificationsModule } from './notifications';
import { RedisModule } from './redis';
import { SweeperModule } from './sweeper';
import { WorkersModule } from './workers';

/**
 * All of Hub. Read the imports in order: first what everybody stands on, then the way of a message.
 *
 * Stopping follows Nest's hooks, the same for every module: `onModuleDestroy` takes nothing new and finishes what came
 * in, `beforeApplicationShutdown` stops what works by itself (planning, delivering), then HTTP and the broker's
 * connection close, and `onApplicationShutdown` closes what the others needed until then (the database).
 */
@Module({})
export class AppModule {
  /** @param further modules of a program that embeds Hub, or of a test */
  static forRoot(config: Config, further: NonNullable<ModuleMetadata['imports']> = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule,
        EventsModule,
        HttpModule,
        RedisModule,

        IntakeModule, //        1 a message or request becomes a command, applied in a batch
        JobsModule, //          2 which changes jobs
        BuildsModule, //        3 and with them stages and builds; each change is an event
        DeliveriesModule, //    6 and makes them, again and again if need be
        NotificationsModule, // 5 after the commit plans who is told
        WorkersModule, //         workers are told too
        SweeperModule, //       from time to time old rows are deleted and stale jobs given up

        ApiModule,
        HealthModule,
        MetricsModule.forRoot(config),
        ...further,
      ],
    };
  }
}
