import { Controller, Get, Header, Res, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import type { Response } from 'express';
import { Public } from '../contracts/public.decorator';
import { logger } from '../logging';
import { Lifecycle } from './lifecycle';
import { Readiness } from './readiness';

const log = logger.child({ component: 'health' });
const UP: HealthCheckResult = { status: 'ok', info: {}, error: {}, details: {} };

/** The probes of Kubernetes and of load balancers. They mean different things: see docs/operations.md. */
@Public()
@Controller('health')
export class HealthController {
  private lastReported: string | null = null;

  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: Readiness,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Alive: the event loop turns. Rests on no server, because restarting Hub mends none. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): HealthCheckResult {
    return UP;
  }

  /** Booted: everything is wired and under way. Rests on no server either. */
  @Get('startup')
  @Header('Cache-Control', 'no-store')
  startup(@Res({ passthrough: true }) response: Response): HealthCheckResult {
    if (this.lifecycle.booted) return UP;
    response.status(503);
    const process = { process: { status: 'down' as const, message: 'Hub is booting.' } };
    return { status: 'error', info: {}, error: process, details: process };
  }

  /** Ready: whoever sends a request now gets it done. */
  @Get('ready')
  @HealthCheck()
  async ready(@Res({ passthrough: true }) response: Response): Promise<HealthCheckResult> {
    const result = await this.check();
    response.status(result.status === 'ok' || result.status === 'degraded' ? 200 : 503);
    this.report(result);
    return result;
  }

  /** Terminus throws what is not ready; as an answer it keeps its shape whatever filters the API has. */
  private async check(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([...this.readiness.checks]);
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  /** One line when readiness changes: probes come every few seconds. */
  private report({ status, details }: HealthCheckResult): void {
    if (status === this.lastReported) return;
    this.lastReported = status;
    const level = status === 'ok' ? 'info' : 'warn';
    log[level]({ status, details }, status === 'ok' ? 'ready' : 'not fully ready');
  }
}
