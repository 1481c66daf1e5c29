import { Controller, Get, Header, HttpCode, Param, Patch, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { commandType, type Command } from '../../contracts/command';
import { countMessage } from '../../metrics';
import { CommandGateway } from '../commands/command-gateway';
import { notFound } from '../problems/problem';
import { unavailable } from '../problems/problem-of';
import { readDeployReport } from './deploy-report';
import { JobTokens } from './job-tokens';
import { RefreshTokens } from './refresh-tokens';
import { readStateChange } from './state-change';
import { claimsFrom } from './worker-auth.guard';
import { WorkerAuth } from './worker-auth.decorator';

/** What workers in HTTP mode and the agent inside a build call (wire.md §2), byte-compatible with Travis Hub. */
@Controller()
export class WorkerController {
  constructor(
    private readonly commands: CommandGateway,
    private readonly tokens: JobTokens,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /** A worker reports. 409 says that nothing changed; on `received` and `started` the worker then gives the job up. */
  @Patch('jobs/:id/state')
  @WorkerAuth('basic', 'bearer')
  async changeState(
    @Param('id') text: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ state: string | null }> {
    const command = readStateChange(parseJobId(text), request);
    const outcome = await this.apply(command);
    const changed = outcome.kind === 'changed' || outcome.reason === 'redelivered';
    response.status(changed ? 200 : 409);
    return { state: outcome.jobState ?? null };
  }

  /** The agent in a build swaps the refresh token it was given for an access token. */
  @Post('jobs/:id/token')
  @HttpCode(200)
  @Header('Content-Type', 'text/plain')
  @WorkerAuth('refresh')
  async token(@Param('id') text: string, @Req() request: Request): Promise<string> {
    const id = parseJobId(text);
    if (!this.tokens.canMake) throw unavailable('Hub has no key to make tokens with: set JWT_RSA_PRIVATE_KEY.');
    const claims = claimsFrom(request);
    await this.refreshTokens.spend(id, claims);
    return this.tokens.accessToken(claims);
  }

  /** The agent tells of a deploy; it becomes an event of the job. */
  @Post('jobs/:id/events')
  @HttpCode(200)
  @WorkerAuth('access')
  async event(@Param('id') text: string, @Req() request: Request): Promise<void> {
    await this.apply(readDeployReport(parseJobId(text), request));
  }

  /** How long this process has run, in seconds. */
  @Get('uptime')
  @Header('Content-Type', 'text/plain')
  @WorkerAuth('basic', 'bearer', 'refresh', 'access')
  uptime(): string {
    return String(Math.floor(process.uptime()));
  }

  private async apply(command: Command) {
    const outcome = await this.commands.outcomeOf(command);
    countMessage(commandType(command), outcome.kind === 'changed' ? 'applied' : outcome.kind);
    return outcome;
  }
}

/** @throws Problem 404 for whatever cannot be the id of a job. */
function parseJobId(text: string): number {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(id)) return id;
  throw notFound(`job ${text.slice(0, 40)}`);
}
