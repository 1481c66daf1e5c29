import { Module } from '@nestjs/common';
import { BuildsService } from './builds.service';
import { RepositoryColumns } from './repository-columns';
import { Reconciliation } from './reconciliation';
import { RollUpSubscriber } from './roll-up.subscriber';

/** Stages, builds and the roll-up of job states into them. */
@Module({
  providers: [BuildsService, Reconciliation, RepositoryColumns, RollUpSubscriber],
  exports: [BuildsService],
})
export class BuildsModule {}
