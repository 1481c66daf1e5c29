import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { BROKER_STATUS, type BrokerStatus } from '../contracts/broker-status';
import { RejectedCommand, type JobCommand } from '../contracts/command';
import { DatabaseState, QUICK_LIMITS, timestampText, Transactions, type Tx } from '../database';
import { classifyFailure } from '../database/errors';
import { BatchRunner } from '../intake';
import { logger } from '../logging';
import { staleJobsTotal } from '../metrics';
import { takeTurn } from './sweep-turns';

const SWEEP = 'stale-jobs';
/** A little less, or a replica that is alone would come too early now and then and skip a turn. */
const DUE_AFTER_MS = 55_000;
/** How many turns messages must have flowed: what waited in the queue while Hub was away may tell of these very jobs. */
const TURNS_OF_FLOW = 10;
/** So many failures of the kind that passes by itself, one after the other, are not the jobs' but the database's. */
const MOST_OUTAGES = 3;
const HOUR_MS = 3_600_000;

/**
 * Jobs that are running are few however many have finished, so they are found by having no end or by their state, and only
 * they are looked at: MATERIALIZED, or a plan by `updated_at` would read every old job there is on a Travis database.
 */
const RUNNING = `
  WITH running AS MATERIALIZED (
    SELECT id, source_id, updated_at FROM jobs
     WHERE source_type = 'Build' AND finished_at IS NULL AND state IN ('queued', 'received', 'started')),
  stale AS (
    SELECT id, updated_at, coalesce((SELECT last_seq > 0 FROM hub.builds WHERE build_id = source_id), false) AS ours
      FROM running WHERE updated_at <= $1::timestamp)`;

const log = logger.child({ component: 'stale-jobs' });

/** What a pass did. */
export interface StalePass {
  /** The first one on a database only reports. */
  readonly first: boolean;
  /** Stale jobs of builds that Hub has told of, at most `HUB_STALE_MOST`. */
  readonly found: number;
  readonly errored: number;
  /** Somebody was heard of them after all. */
  readonly leftAlone: number;
  /** They are tried again on the next turn. */
  readonly failed: number;
}

/**
 * Gives up jobs that are queued, received or started and were not touched for hours: each minute, by one replica at a
 * time, oldest first (states.md §6.4, with the fixes of B25).
 *
 * Whoever finds a job does not hold it. It is errored like by any message, in a transaction of its own that looks once
 * more whether the job is still untouched, so whatever happens meanwhile wins. Jobs of builds of which Hub has no event
 * are the past of an existing database and none of its business.
 */
@Injectable()
export class StaleJobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Public so that tests need not wait for minutes. */
  everyMs = 60_000;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly transactions: Transactions,
    private readonly database: DatabaseState,
    private readonly runner: BatchRunner,
    @Inject(BROKER_STATUS) private readonly broker: BrokerStatus,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.stale.afterMs > 0) this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * Makes a pass, if one is due.
   *
   * @returns null when another replica has made it lately
   * @throws the database's error when it does not answer
   */
  async runOnce(): Promise<StalePass | null> {
    const found = await this.transactions.run((tx) => this.find(tx));
    if (!found) return null;
    const pass = { first: false, found: found.ids.length, errored: 0, leftAlone: 0, failed: 0 };
    if (found.first) return { ...pass, first: true };
    let outages = 0;
    for (const id of found.ids) {
      if (this.stopping.signal.aborted) break;
      try {
        if (await this.giveUp(id, found.since)) pass.errored += 1;
        else pass.leftAlone += 1;
        outages = 0;
      } catch (error) {
        pass.failed += 1;
        log.warn({ err: error, job: id }, 'a stale job could not be errored; it is tried again on the next turn');
        outages = classifyFailure(error) === 'transient' ? outages + 1 : 0;
        if (outages === MOST_OUTAGES) break;
      }
    }
    staleJobsTotal.inc({ outcome: 'errored' }, pass.errored);
    staleJobsTotal.inc({ outcome: 'left_alone' }, pass.leftAlone);
    staleJobsTotal.inc({ outcome: 'failed' }, pass.failed);
    return pass;
  }

  private async find(tx: Tx): Promise<{ first: boolean; since: Date; ids: readonly number[] } | null> {
    const turn = await takeTurn(tx, SWEEP, DUE_AFTER_MS);
    if (!turn) return null;
    const since = new Date(turn.now.getTime() - this.config.stale.afterMs);
    if (turn.first) await this.reportPast(tx, since);
    const rows = await tx.query<{ id: number }>(
      `${RUNNING} SELECT id FROM stale WHERE ours ORDER BY updated_at, id LIMIT $2`,
      [timestampText(since), this.config.stale.most],
    );
    return { first: turn.first, since, ids: rows.map(({ id }) => id) };
  }

  /** On an existing database somebody may want to know what was there before Hub came. */
  private async reportPast(tx: Tx, since: Date): Promise<void> {
    const [count] = await tx.query<{ ours: number; past: number }>(
      `${RUNNING} SELECT count(*) FILTER (WHERE ours)::integer AS ours, count(*) FILTER (WHERE NOT ours)::integer AS past
         FROM stale`,
      [timestampText(since)],
    );
    log.info(
      { ...count, since },
      'the first look for stale jobs on this database: nothing is done yet, and never anything about those of the past',
    );
  }

  /** @returns false when somebody was heard of the job meanwhile, or it is gone */
  private async giveUp(id: number, since: Date): Promise<boolean> {
    const hours = this.config.stale.afterMs / HOUR_MS;
    const command: JobCommand = {
      subject: 'job',
      name: 'finish',
      id,
      data: { state: 'errored' },
      reason: `Job Errored: it is stale, nothing was heard of it for ${hours} hours`,
      untouchedSince: since,
    };
    // Who holds one of these rows is at work on it: the job can wait for the next turn.
    const [result] = await this.runner.run([command], QUICK_LIMITS);
    return result !== undefined && !(result instanceof RejectedCommand) && result.kind === 'changed';
  }

  private async loop(): Promise<void> {
    if (!(await this.database.becameReady())) return;
    for (let flowing = 0; ; flowing = this.messagesFlow() ? flowing + 1 : 0) {
      if (flowing >= TURNS_OF_FLOW) await this.tryOnce();
      const pause = this.everyMs * (1 + Math.random() / 4);
      await wait(pause, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
    }
  }

  private async tryOnce(): Promise<void> {
    try {
      const pass = await this.runOnce();
      if (pass && pass.found > 0) log.info(pass, 'looked for stale jobs');
    } catch (error) {
      log.warn({ err: error }, 'the look for stale jobs waits for its next turn');
    }
  }

  private messagesFlow(): boolean {
    return this.config.rabbitmq.url === null || this.broker.consuming;
  }
}
