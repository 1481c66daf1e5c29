import { Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { Transactions } from '../database/transaction';
import { CommandGateway } from './commands/command-gateway';
import { recordQueued } from './commands/job-queue';
import { notFound } from './problems/problem';
import { jobsOnInstanceSchema, queueJobSchema, reasonSchema } from './requests/other.schemas';
import { parseBody, parseId, parseQuery } from './requests/parse';
import {
  readJob,
  readJobsOnInstance,
  readTimeline,
  type InstanceJobView,
  type JobView,
  type TimelineView,
} from './views/job.view';

/** Jobs over HTTP: look at, queue, cancel and restart. docs/openapi.yaml describes each route. */
@Controller('api/jobs')
export class JobsController {
  constructor(
    private readonly transactions: Transactions,
    private readonly commands: CommandGateway,
  ) {}

  @Get()
  async onInstance(@Req() request: Request): Promise<{ jobs: readonly InstanceJobView[] }> {
    const { instance_id, limit } = parseQuery(jobsOnInstanceSchema, request);
    return { jobs: await this.transactions.run((tx) => readJobsOnInstance(tx, instance_id, limit)) };
  }

  @Get(':id')
  async show(@Param('id') text: string): Promise<JobView> {
    const id = parseId(text, 'job');
    const job = await this.transactions.run((tx) => readJob(tx, id));
    if (!job) throw notFound(`job ${id}`);
    return job;
  }

  @Get(':id/timeline')
  async timeline(@Param('id') text: string): Promise<TimelineView> {
    const id = parseId(text, 'job');
    const timeline = await this.transactions.run((tx) => readTimeline(tx, id));
    if (!timeline) throw notFound(`job ${id}`);
    return timeline;
  }

  @Post(':id/queue')
  @HttpCode(200)
  async queue(@Param('id') text: string, @Req() request: Request): Promise<JobView> {
    const id = parseId(text, 'job');
    const { queued_at, queue } = parseBody(queueJobSchema, request, {});
    return this.transactions.run(async (tx) => {
      await recordQueued(tx, id, queued_at ?? null, queue ?? null);
      const job = await readJob(tx, id);
      if (!job) throw notFound(`job ${id}`);
      return job;
    });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  cancel(@Param('id') text: string, @Req() request: Request): Promise<{ outcome: 'changed'; job_id: number }> {
    return this.command('cancel', text, request);
  }

  @Post(':id/restart')
  @HttpCode(200)
  restart(@Param('id') text: string, @Req() request: Request): Promise<{ outcome: 'changed'; job_id: number }> {
    return this.command('restart', text, request);
  }

  private async command(name: 'cancel' | 'restart', text: string, request: Request) {
    const id = parseId(text, 'job');
    const { reason } = parseBody(reasonSchema, request, {});
    await this.commands.submit({ subject: 'job', name, id, data: {}, ...(reason && { reason }) });
    return { outcome: 'changed' as const, job_id: id };
  }
}
