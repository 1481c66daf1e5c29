import { Global, Module } from '@nestjs/common';
import { Deliverers } from './deliverers';
import { DeliveryLoop } from './delivery-loop';
import { DeliveryQueue } from './delivery-queue';
import { DeliveryStore } from './delivery-store';
import { SideEffectLog } from './side-effect-log';

/** Delivery rows and the loop that works them off. */
@Global()
@Module({
  providers: [Deliverers, DeliveryLoop, DeliveryQueue, DeliveryStore, SideEffectLog],
  exports: [Deliverers, DeliveryQueue, SideEffectLog],
})
export class DeliveriesModule {}
