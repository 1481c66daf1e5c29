import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { CLOCK, systemClock } from '../contracts/clock';
import { EventBus } from './bus';
import { EventLog } from './event-log';
import { TransitionLog } from './transition-log';

/** The in-process event bus, the event log, and the clock that stamps what they say. */
@Global()
@Module({
  imports: [EventEmitterModule.forRoot({ maxListeners: 0 }), DiscoveryModule],
  providers: [EventBus, EventLog, TransitionLog, { provide: CLOCK, useValue: systemClock }],
  exports: [EventBus, EventLog, CLOCK],
})
export class EventsModule {}
