import { Module } from '@nestjs/common';
import { BuildsService } from './builds.service';
import { RepositoryColumns } from './repository-columns';
import { RollUpSubscriber } from './roll-up.subscriber';

/** Stages, builds and the roll-up of job states into them. */
@Module({
  providers: [BuildsService, RepositoryColumns, RollUpSubscriber],
  exports: [BuildsService],
})
export class BuildsModule {}
