import { Module } from '@nestjs/common';
import { JobBoard } from './job-board';
import { LogsApi } from './logs-api';
import { WorkerCommands } from './worker-commands';

/** What Hub tells workers, and the services that keep their jobs and logs. */
@Module({ providers: [JobBoard, LogsApi, WorkerCommands] })
export class WorkersModule {}
