import { Module } from '@nestjs/common';
import { WorkerCommands } from './worker-commands';

/** What Hub tells workers. */
@Module({ providers: [WorkerCommands] })
export class WorkersModule {}
