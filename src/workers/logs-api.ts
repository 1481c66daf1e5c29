import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import type { Delivery, DeliveryOutcome, RetryPolicy } from '../contracts/delivery';
import { Statements } from '../database';
import { Deliverers } from '../deliveries';
import { outcomeOfRequest, ServiceHttp, type Service } from '../http';
import { WORKERS_LANE } from './lane';
import { LOG_CHANNELS, logRequest, type LogChannel } from './log-requests';

/**
 * About six hours: an outage, or a token that somebody has to mend. No pause is longer than a minute, because what
 * belongs to the job's log meanwhile waits its turn.
 */
const RETRY: RetryPolicy = { firstPauseMs: 1_000, longestPauseMs: 60_000, attempts: 360 };

/**
 * Longer than travis-logs and what stands before it take for any request. One that is given up earlier may still be
 * carried out, after the log was cleared for the next run.
 */
const ANSWER_WITHIN_MS = 60_000;

/**
 * Changes logs at travis-logs: empties the log of a job that starts over, replaces that of one that is given up, adds the
 * last words to that of an auto-canceled one. Does nothing unless LOGS_API_URL and LOGS_API_TOKEN are set.
 *
 * All that concerns a job's log has one order key (see side-effect-log.ts): one request at a time, in the order of the
 * decisions, and what an earlier run left behind is dropped before the log of a newer one is cleared.
 */
@Injectable()
export class LogsApi implements OnModuleInit, OnApplicationShutdown {
  private readonly http = new ServiceHttp();

  constructor(
    private readonly deliverers: Deliverers,
    private readonly statements: Statements,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const { url, token } = this.config.logs;
    if (url === null || token === null) return;
    const address = { url, token };
    for (const channel of LOG_CHANNELS) {
      this.deliverers.register({
        channel,
        lane: WORKERS_LANE,
        retry: RETRY,
        timeoutMs: ANSWER_WITHIN_MS + 1_000,
        deliver: (delivery, signal) => this.deliver(address, channel, delivery, signal),
      });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.http.close();
  }

  private async deliver(
    address: { readonly url: string; readonly token: string },
    channel: LogChannel,
    { jobId, payload }: Delivery,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const text = channel === 'log-clear' ? '' : payload?.['text'];
    if (jobId === null || typeof text !== 'string') {
      return { kind: 'rejected', reason: 'the delivery names no job, or holds no text' };
    }
    if (channel === 'log-clear') {
      const reason = await this.whyKeep(jobId);
      if (reason !== null) return { kind: 'dropped', reason };
    }
    const request = logRequest(address, channel, jobId, text);
    return outcomeOfRequest(serviceOf(address.token), () =>
      this.http.send({ ...request, timeoutMs: ANSWER_WITHIN_MS, signal }),
    );
  }

  /** A clear that comes too late would empty the log of the very run that it was to make room for. */
  private async whyKeep(jobId: number): Promise<string | null> {
    const [job] = await this.statements.run<{ begun: boolean }>(
      `SELECT started_at IS NOT NULL OR coalesce(state, '') IN ('started', 'passed', 'failed') AS begun
         FROM public.jobs WHERE id = $1`,
      [jobId],
    );
    if (!job) return 'the job does not exist any more';
    return job.begun ? 'the new run writes its log already: clearing it now would destroy that' : null;
  }
}

function serviceOf(token: string): Service {
  const mendToken = 'it does not accept the token: set LOGS_API_TOKEN to the AUTH_TOKEN of travis-logs.';
  return {
    name: 'travis-logs',
    variable: 'LOGS_API_URL',
    misconfigured: {
      401: mendToken,
      403: mendToken,
      500: 'when it stays so, see whether its AUTH_TOKEN is set, and its log.',
    },
    final: {
      400: 'it does not understand the request; see its response, and whether LOGS_API_URL leads to travis-logs.',
      404: 'it has no such log; or LOGS_API_URL does not lead to travis-logs.',
    },
    secrets: [token],
  };
}
