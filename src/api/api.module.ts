import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { IntakeModule } from '../intake';
import { BasicAuthGuard } from './auth/basic-auth.guard';
import { BasicLogins } from './auth/basic-logins';
import { BuildsController } from './builds.controller';
import { CommandGateway } from './commands/command-gateway';
import { BuildCreator } from './creation/build-creator';
import { JobsController } from './jobs.controller';
import { OpenApiController } from './openapi.controller';
import { ProblemFilter } from './problems/problem.filter';
import { JobTokens } from './worker/job-tokens';
import { RefreshTokens } from './worker/refresh-tokens';
import { UsedTokens } from './worker/used-tokens';
import { WorkerController } from './worker/worker.controller';

/** The HTTP API. Its guard and its filter hold for every route of the application, those of other modules included. */
@Module({
  imports: [IntakeModule],
  controllers: [OpenApiController, BuildsController, JobsController, WorkerController],
  providers: [
    BasicLogins,
    BuildCreator,
    CommandGateway,
    JobTokens,
    RefreshTokens,
    UsedTokens,
    { provide: APP_GUARD, useClass: BasicAuthGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class ApiModule {}
