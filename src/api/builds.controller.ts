import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Transactions } from '../database/transaction';
import { CurrentUser } from './auth/current-user.decorator';
import { CommandGateway } from './commands/command-gateway';
import { BuildCreator } from './creation/build-creator';
import { idempotentRequest, type IdempotentRequest } from './creation/idempotency';
import { notFound, Problem } from './problems/problem';
import { createBuildSchema } from './requests/create-build.schema';
import { idempotencyKeySchema, listBuildsSchema, reasonSchema } from './requests/other.schemas';
import { parseBody, parseId, parseQuery } from './requests/parse';
import { readBuildTimeline, type BuildTimelineView } from './views/build-timeline.view';
import { findRepositoryId, listBuilds, readBuild, type BuildSummary, type BuildView } from './views/build.view';

interface BuildList {
  readonly builds: readonly BuildSummary[];
  /** Where the next page is; null on the last one. */
  readonly next: string | null;
}

/** Builds over HTTP: create, look at, cancel and restart. docs/openapi.yaml describes each route. */
@Controller('api/builds')
export class BuildsController {
  constructor(
    private readonly transactions: Transactions,
    private readonly creator: BuildCreator,
    private readonly commands: CommandGateway,
  ) {}

  @Post()
  async create(
    @Req() request: Request,
    @CurrentUser() user: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<BuildView> {
    const body = parseBody(createBuildSchema, request);
    const { created, build } = await this.creator.create(body, idempotencyOf(request, user));
    response.status(created ? 201 : 200).set('Location', `/api/builds/${build.id}`);
    return build;
  }

  @Get()
  async list(@Req() request: Request): Promise<BuildList> {
    const { repository, limit, before } = parseQuery(listBuildsSchema, request);
    return this.transactions.run(async (tx) => {
      const repositoryId = repository === undefined ? null : await findRepositoryId(tx, repository);
      if (repository !== undefined && repositoryId === null) throw notFound(`repository ${repository}`);
      // One more than asked for tells whether there is another page.
      const builds = await listBuilds(tx, repositoryId, before ?? null, limit + 1);
      const page = builds.slice(0, limit);
      return { builds: page, next: builds.length > limit ? nextPage(page, limit, repository) : null };
    });
  }

  @Get(':id')
  async show(@Param('id') text: string): Promise<BuildView> {
    const id = parseId(text, 'build');
    const build = await this.transactions.run((tx) => readBuild(tx, id));
    if (!build) throw notFound(`build ${id}`);
    return build;
  }

  @Get(':id/timeline')
  async timeline(@Param('id') text: string): Promise<BuildTimelineView> {
    const id = parseId(text, 'build');
    const timeline = await this.transactions.run((tx) => readBuildTimeline(tx, id));
    if (!timeline) throw notFound(`build ${id}`);
    return timeline;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  cancel(@Param('id') text: string, @Req() request: Request): Promise<{ outcome: 'changed'; build_id: number }> {
    return this.command('cancel', text, request);
  }

  @Post(':id/restart')
  @HttpCode(200)
  restart(@Param('id') text: string, @Req() request: Request): Promise<{ outcome: 'changed'; build_id: number }> {
    return this.command('restart', text, request);
  }

  private async command(name: 'cancel' | 'restart', text: string, request: Request) {
    const id = parseId(text, 'build');
    const { reason } = parseBody(reasonSchema, request, {});
    await this.commands.submit({ subject: 'build', name, id, data: {}, ...(reason && { reason }) });
    return { outcome: 'changed' as const, build_id: id };
  }
}

function idempotencyOf(request: Request, user: string): IdempotentRequest | null {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return null;
  const key = idempotencyKeySchema.safeParse(header);
  if (key.success) return idempotentRequest(user, key.data, request.body);
  throw new Problem('invalid-request', { detail: key.error.issues.map((issue) => issue.message).join('; ') });
}

function nextPage(page: readonly BuildSummary[], limit: number, repository: string | undefined): string {
  const query = new URLSearchParams({ before: String(page.at(-1)?.id), limit: String(limit) });
  if (repository !== undefined) query.set('repository', repository);
  return `/api/builds?${query.toString()}`;
}
