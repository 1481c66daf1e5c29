import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { classifyFailure } from '../../database/errors';
import { Transactions } from '../../database/transaction';
import { logger } from '../../logging';
import { StoppingError } from '../batcher';
import { ParkedReplay } from './parked-replay';

const EVERY_MS = 5_000;
/** Most jobs and builds in one round; the rest follows in the next one. */
const MOST_SUBJECTS = 100;

const log = logger.child({ component: 'parked' });

/**
 * Replays messages that came before the row of their job or build, once the row is there (D5). Everything else that is
 * parked waits for a person.
 */
@Injectable()
export class ParkedRetry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly transactions: Transactions,
    private readonly parked: ParkedReplay,
  ) {}

  onApplicationBootstrap(): void {
    this.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  start(): void {
    this.running = this.loop();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** One round. @returns how many messages were applied */
  async runOnce(): Promise<number> {
    let applied = 0;
    for (const { subject, subject_id } of await this.appeared()) {
      if (this.stopped.signal.aborted) break;
      applied += await this.parked.replaySubject(subject, subject_id);
    }
    return applied;
  }

  /** What messages wait for and is there now, in order of their first message. */
  private appeared(): Promise<{ subject: 'job' | 'build'; subject_id: number }[]> {
    return this.transactions.run((tx) =>
      tx.query(
        `SELECT p.subject, p.subject_id FROM hub.parked_messages p
          WHERE p.replayed_at IS NULL AND p.reason IN ('unknown_job', 'unknown_build')
            AND CASE p.subject WHEN 'job' THEN EXISTS (SELECT FROM jobs j JOIN builds b ON b.id = j.source_id
                                                        WHERE j.id = p.subject_id AND j.source_type = 'Build')
                               WHEN 'build' THEN EXISTS (SELECT FROM builds b WHERE b.id = p.subject_id)
                               ELSE false END
          GROUP BY p.subject, p.subject_id ORDER BY min(p.id) LIMIT $1`,
        [MOST_SUBJECTS],
      ),
    );
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await wait(EVERY_MS * (0.8 + 0.4 * Math.random()), undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.runOnce();
      } catch (error) {
        if (error instanceof StoppingError || classifyFailure(error) !== 'permanent') continue;
        log.error({ err: error }, 'parked messages could not be looked through; trying again in some seconds');
      }
    }
  }
}
