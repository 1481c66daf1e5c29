import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import type { Deliverer, Delivery, DeliveryOutcome } from '../contracts/delivery';
import { Deliverers } from '../deliveries';
import { outcomeOfRequest, ServiceHttp, type Service } from '../http';
import { secretsOfUrl } from '../http/redact';
import { WORKERS_LANE } from './lane';

const ANSWER_WITHIN_MS = 10_000;

/**
 * Has a canceled job deleted from the Job Board, so that a worker that takes its jobs from there stops it, or never gets
 * it (wire.md §3.2). Does nothing unless JOB_BOARD_URL is set.
 */
@Injectable()
export class JobBoard implements Deliverer, OnModuleInit, OnApplicationShutdown {
  readonly channel = 'job-board';
  readonly lane = WORKERS_LANE;
  readonly timeoutMs = ANSWER_WITHIN_MS + 1_000;
  /** About a day: so long may a canceled job wait on the Job Board for a worker. */
  readonly retry = { firstPauseMs: 500, longestPauseMs: 120_000, attempts: 720 };
  private readonly http = new ServiceHttp();

  constructor(
    private readonly deliverers: Deliverers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    if (this.config.jobBoard.url !== null) this.deliverers.register(this);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.http.close();
  }

  async deliver({ jobId }: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { url, site } = this.config.jobBoard;
    if (jobId === null || url === null) return { kind: 'rejected', reason: 'the delivery names no job' };
    // Also for a job that it does not know it answers 204.
    return outcomeOfRequest(serviceOf(url), () =>
      this.http.send({
        method: 'DELETE',
        url: `${url}/jobs/${jobId}?source=hub`,
        headers: { 'Travis-Site': site },
        body: null,
        timeoutMs: ANSWER_WITHIN_MS,
        signal,
      }),
    );
  }
}

function serviceOf(url: string): Service {
  const mendCredentials = 'it does not accept user and password: set those in JOB_BOARD_URL.';
  return {
    name: 'the Job Board',
    variable: 'JOB_BOARD_URL',
    misconfigured: {
      401: mendCredentials,
      403: mendCredentials,
      412: 'it does not accept the header Travis-Site: set JOB_BOARD_SITE to org or com, as it expects.',
    },
    final: {},
    secrets: secretsOfUrl(url),
  };
}
