import { Inject, Injectable, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ConfigModule, type Config } from '../config';
import { EVENT_NAMES } from '../contracts/event';
import { ConnectionModule } from '../database';
import { DeliveryRowsModule } from '../deliveries';
import { DoctorModule } from '../doctor';
import { EventLog, EventsModule } from '../events';
import { ApplyingModule } from '../intake';
import { WorkersModule } from '../workers';

/**
 * Leaves every event to be planned by a running Hub.
 *
 * Which events a channel wants is known to Hub alone: this process may lack its channels and their modes. An event that
 * nobody wants costs Hub's next sweep nothing; one that were born planned here would never be told.
 */
@Injectable()
class LeavePlanningToHub implements OnModuleInit {
  constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

  onModuleInit(): void {
    this.eventLog.planFor(() => EVENT_NAMES);
  }
}

/**
 * What commands stand on: Hub without anything that listens, consumes, delivers or looks around by itself.
 *
 * The workers' module is here only to say which side effects of a replay somebody carries out; without a broker in its
 * settings it connects to nothing, and a running Hub makes the deliveries.
 */
@Module({})
export class CliModule {
  static forRoot(config: Config): DynamicModule {
    const unconnected = { ...config, rabbitmq: { ...config.rabbitmq, url: null } };
    return {
      module: CliModule,
      imports: [
        ConfigModule.forRoot(unconnected),
        ConnectionModule,
        EventsModule,
        ApplyingModule,
        DoctorModule,
        DeliveryRowsModule,
        WorkersModule,
      ],
      providers: [LeavePlanningToHub],
    };
  }
}
