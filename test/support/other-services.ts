import { Client } from 'pg';
import type { TestDatabase } from './database';

/** A row that other services write to. */
export type Shared = readonly [table: keyof typeof OTHERS, id: number];

/** The columns of which other services are the owners: what they write into them the nth time, and all of them as text. */
const OTHERS = {
  jobs: {
    set: `queue = 'builds.' || nth, debug_options = nth::text, priority = nth, tags = nth::text`,
    text: `ROW(queue, debug_options, priority, tags)::text`,
  },
  builds: {
    set: `pull_request_title = nth::text, message = 'nth ' || nth, cached_matrix_ids = ARRAY[nth], sender_id = nth`,
    text: `ROW(pull_request_title, message, cached_matrix_ids, sender_id)::text`,
  },
  stages: { set: `name = 'stage ' || nth`, text: `name` },
  repositories: {
    set: `description = nth::text, active = nth % 2 = 0, settings = json_build_object('nth', nth), next_build_number = nth`,
    text: `ROW(description, active, settings::text, next_build_number)::text`,
  },
} as const;

/** A job is put into a queue once nothing before it is left to do, as the scheduler does it. */
const QUEUE_JOBS = `
  UPDATE jobs j SET state = 'queued', queued_at = clock_timestamp() AT TIME ZONE 'UTC'
   WHERE j.source_id = ANY ($1::bigint[]) AND j.state = 'created'
     AND NOT EXISTS (SELECT FROM jobs o JOIN stages s ON s.id = o.stage_id
                      WHERE o.source_id = j.source_id AND s.number < (SELECT number FROM stages WHERE id = j.stage_id)
                        AND o.state IS DISTINCT FROM 'passed')
  RETURNING id::integer, queued_at::text`;

/**
 * The scheduler, the API and the rest of a Travis installation, at work on the same rows as Hub, each statement as soon as
 * the one before is done. They remember what must stand there in the end.
 */
export class OtherServices {
  /** How many rows were written. */
  written = 0;
  /** When the scheduler queued a job last, by the job's id. */
  readonly queuedAt = new Map<number, string>();
  private readonly last = new Map<string, string>();
  private stopping = false;

  private constructor(
    private readonly writer: Client,
    private readonly queuer: Client,
    private readonly buildIds: readonly number[],
    private readonly rows: readonly Shared[],
  ) {}

  /** Has them work on the builds and rows while something else is done, and not longer. @returns what they did */
  static async during(
    url: string,
    buildIds: readonly number[],
    rows: readonly Shared[],
    work: (others: OtherServices) => Promise<void>,
  ): Promise<OtherServices> {
    const clients = [new Client({ connectionString: url }), new Client({ connectionString: url })] as const;
    const others = new OtherServices(...clients, buildIds, rows);
    try {
      for (const client of clients) await client.connect();
      const end = () => (others.stopping = true);
      await Promise.all([work(others).finally(end), others.write().finally(end), others.queue().finally(end)]);
      return others;
    } finally {
      for (const client of clients) await client.end();
    }
  }

  /** Queues whatever can be queued now. */
  async schedule(): Promise<void> {
    const { rows } = await this.queuer.query<{ id: number; queued_at: string }>(QUEUE_JOBS, [this.buildIds]);
    for (const { id, queued_at } of rows) this.queuedAt.set(id, queued_at);
    await this.queuer.query('DELETE FROM queueable_jobs WHERE job_id = ANY ($1)', [rows.map(({ id }) => id)]);
  }

  /** What does not stand there any more as they wrote it last; everything that they never came to. */
  async lost(database: TestDatabase): Promise<string[]> {
    const lost: string[] = [];
    for (const [table, id] of this.rows) {
      const sql = `SELECT ${OTHERS[table].text} AS now FROM ${table} WHERE id = $1`;
      const [row] = await database.query<{ now: string }>(sql, [id]);
      const wrote = this.last.get(`${table} ${id}`);
      if (wrote === undefined || row?.now !== wrote) lost.push(`${table} ${id} has ${row?.now}, not ${wrote}`);
    }
    return lost;
  }

  private async write(): Promise<void> {
    for (let nth = 1; !this.stopping; nth++) {
      for (const [table, id] of this.rows) {
        const { set, text } = OTHERS[table];
        const { rows } = await this.writer.query<{ wrote: string }>(
          `UPDATE ${table} SET ${set} FROM (VALUES ($2::integer)) AS v(nth) WHERE id = $1 RETURNING ${text} AS wrote`,
          [id, nth],
        );
        this.last.set(`${table} ${id}`, rows[0]?.wrote ?? '');
        this.written += 1;
      }
    }
  }

  private async queue(): Promise<void> {
    while (!this.stopping) await this.schedule();
  }
}
