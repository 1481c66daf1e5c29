import { Global, Module } from '@nestjs/common';
import { Deliverers } from './deliverers';
import { DeliveryDesk } from './delivery-desk';
import { DeliveryLoop } from './delivery-loop';
import { DeliveryQueue } from './delivery-queue';
import { DeliveryStore } from './delivery-store';
import { SideEffectLog } from './side-effect-log';

/** Delivery rows, for programs that write or look at them and deliver nothing themselves. */
@Global()
@Module({
  providers: [Deliverers, DeliveryDesk, DeliveryQueue, SideEffectLog],
  exports: [Deliverers, DeliveryDesk, DeliveryQueue, SideEffectLog],
})
export class DeliveryRowsModule {}

/** Delivery rows and the loop that works them off. */
@Global()
@Module({
  imports: [DeliveryRowsModule],
  providers: [DeliveryLoop, DeliveryStore],
  exports: [DeliveryRowsModule],
})
export class DeliveriesModule {}
