import { Module } from '@nestjs/common';
import { Retention } from './retention';

/** What has to be done from time to time. */
@Module({ providers: [Retention] })
export class SweeperModule {}
