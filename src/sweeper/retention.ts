import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { DatabaseState, timestampText, Transactions, type Tx } from '../database';
import { CLOCK, type Clock } from '../contracts/clock';
import { logger } from '../logging';

/** Any number that no other user of advisory locks in this database takes; "hubr" in ASCII. */
const RETENTION_LOCK = 0x68756272;
const EVERY_MS = 600_000;
/** Small enough that nobody waits for it and that dead rows are reused before many more appear. */
const ROWS_AT_ONCE = 5_000;
const DAY_MS = 86_400_000;
/**
 * How long memories are kept that nobody asks for later, in milliseconds: a message is redelivered within a minute or so
 * of being applied, tokens live for hours, resets count for a day.
 */
const MEMORIES_MS: Partial<Record<Kind, number>> = { messages: 3_600_000, tokens: DAY_MS, resets: 2 * DAY_MS };

const log = logger.child({ component: 'retention' });

/** What is deleted, in this order: deliveries before the events they tell of. Oldest first, so that tables and indexes
 * empty from their front and the space is used again. */
const DELETIONS = {
  deliveries: `DELETE FROM hub.deliveries
                 WHERE id IN (SELECT id FROM hub.deliveries WHERE state <> 'pending' ORDER BY id LIMIT $2) AND created_at < $1`,
  events: `DELETE FROM hub.events
             WHERE id IN (SELECT id FROM hub.events WHERE planned_at IS NOT NULL ORDER BY id LIMIT $2) AND at < $1`,
  idempotencyKeys: `DELETE FROM hub.idempotency_keys
                     WHERE (user_name, key) IN (SELECT user_name, key FROM hub.idempotency_keys WHERE created_at < $1 LIMIT $2)`,
  messages: `DELETE FROM hub.applied_messages
              WHERE fingerprint IN (SELECT fingerprint FROM hub.applied_messages WHERE applied_at < $1 ORDER BY applied_at LIMIT $2)`,
  tokens: `DELETE FROM hub.used_tokens
            WHERE (job_id, rand) IN (SELECT job_id, rand FROM hub.used_tokens WHERE used_at < $1 ORDER BY used_at LIMIT $2)`,
  instances: `DELETE FROM hub.job_instances
               WHERE (instance_id, job_id) IN (SELECT instance_id, job_id FROM hub.job_instances WHERE seen_at < $1 ORDER BY seen_at LIMIT $2)`,
  resets: `DELETE FROM hub.job_resets
            WHERE job_id IN (SELECT job_id FROM hub.job_resets WHERE last_at < $1 LIMIT $2)`,
} as const;

type Kind = keyof typeof DELETIONS;

/** Deletes what was kept long enough: one replica at a time, in small steps, every ten minutes. */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly transactions: Transactions,
    private readonly database: DatabaseState,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * Deletes everything that is old enough.
   *
   * @returns how many rows of each kind went; nothing when another replica is at it
   */
  async runOnce(): Promise<Partial<Record<Kind, number>>> {
    const deleted: Partial<Record<Kind, number>> = {};
    for (const kind of Object.keys(DELETIONS) as Kind[]) {
      for (let step = ROWS_AT_ONCE; step === ROWS_AT_ONCE && !this.stopping.signal.aborted;) {
        step = await this.transactions.run((tx) => this.deleteSome(tx, kind));
        if (step > 0) deleted[kind] = (deleted[kind] ?? 0) + step;
      }
    }
    return deleted;
  }

  private async deleteSome(tx: Tx, kind: Kind): Promise<number> {
    const [lock] = await tx.query<{ ours: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS ours', [RETENTION_LOCK]);
    if (!lock?.ours) return 0;
    const keptMs = MEMORIES_MS[kind] ?? this.config.retentionDays * DAY_MS;
    const before = timestampText(new Date(this.clock.now().getTime() - keptMs));
    const [row] = await tx.query<{ n: number }>(
      `WITH gone AS (${DELETIONS[kind]} RETURNING 1) SELECT count(*)::integer AS n FROM gone`,
      [before, ROWS_AT_ONCE],
    );
    return row?.n ?? 0;
  }

  private async loop(): Promise<void> {
    if (!(await this.database.becameReady())) return;
    while (!this.stopping.signal.aborted) {
      try {
        const deleted = await this.runOnce();
        if (Object.keys(deleted).length > 0) log.info(deleted, 'deleted what was kept long enough');
      } catch (error) {
        log.warn({ err: error }, 'retention waits for its next turn');
      }
      await wait(EVERY_MS * (0.75 + Math.random() / 2), undefined, { signal: this.stopping.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }
}
