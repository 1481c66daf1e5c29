import { Global, Module } from '@nestjs/common';
import { Deliverers } from './deliverers';
import { DeliveryDesk } from './delivery-desk';
import { DeliveryLoop } from './delivery-loop';
import { DeliveryQueue } from './delivery-queue';
import { DeliveryStore } from './delivery-store';

/** Delivery rows, for programs that write or look at them and deliver nothing themselves. */
@Global()
@Module({ providers: [DeliveryDesk, DeliveryQueue], exports: [DeliveryDesk, DeliveryQueue] })
export class DeliveryRowsModule {}

/** Delivery rows and the loop that works them off. */
@Global()
@Module({
  imports: [DeliveryRowsModule],
  providers: [Deliverers, DeliveryLoop, DeliveryStore],
  exports: [Deliverers, DeliveryRowsModule],
})
export class DeliveriesModule {}
