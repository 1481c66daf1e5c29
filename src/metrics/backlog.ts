import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { logger } from '../logging';
import { registry } from './metrics';

const KEEP_MS = 5_000;
const ANSWER_WITHIN_MS = 1_500;

const registers = [registry];
const gauges = {
  parked: new Gauge({ name: 'hub_parked_messages', help: 'Parked messages that nobody replayed yet.', registers }),
  unplanned: new Gauge({
    name: 'hub_events_unplanned',
    help: 'Events whose deliveries are not planned yet.',
    registers,
  }),
  pending: new Gauge({ name: 'hub_deliveries_pending', help: 'Deliveries still to be made.', registers }),
  oldest: new Gauge({
    name: 'hub_delivery_oldest_age_seconds',
    help: 'Age of the oldest delivery still to be made; 0 without any.',
    registers,
  }),
};

type Backlog = Record<keyof typeof gauges, number>;

/** Each count reads a partial index of open rows: its cost does not grow with what is done. */
const SQL = `
  SELECT (SELECT count(*) FROM hub.parked_messages WHERE replayed_at IS NULL)::int AS parked,
         (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)::int AS unplanned,
         count(*)::int AS pending,
         coalesce(extract(epoch FROM (clock_timestamp() AT TIME ZONE 'UTC') - min(created_at)), 0)::float8 AS oldest
    FROM hub.deliveries WHERE state = 'pending'`;

/**
 * What waits in the database, asked for when somebody scrapes.
 *
 * Answers are kept for a few seconds; one question at a time, so that a database that hangs holds at most one
 * connection. Without an answer the gauges are absent rather than old: an alert must not rest on stale numbers.
 */
@Injectable()
export class BacklogGauges {
  private asked = -Infinity;
  private asking: Promise<void> | null = null;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    forget();
  }

  /** Brings the gauges up to date. Never fails and never takes long. */
  async refresh(): Promise<void> {
    if (performance.now() - this.asked < KEEP_MS) return;
    this.asking ??= this.ask().finally(() => (this.asking = null));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), ANSWER_WITHIN_MS)));
    if ((await Promise.race([this.asking, late])) === 'late') forget();
    clearTimeout(timer);
  }

  private async ask(): Promise<void> {
    try {
      const [row] = await this.dataSource.query<Backlog[]>(SQL);
      if (!row) return;
      for (const name of Object.keys(gauges) as (keyof Backlog)[]) gauges[name].set(row[name]);
      this.asked = performance.now();
    } catch (error) {
      forget();
      logger.debug({ component: 'metrics', err: error }, 'the backlog gauges are absent: the database did not answer');
    }
  }
}

function forget(): void {
  for (const gauge of Object.values(gauges)) gauge.remove();
}
