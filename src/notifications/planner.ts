import { setTimeout as wait } from 'node:timers/promises';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { LoggedEvent } from '../contracts/event';
import { DatabaseState, Transactions, type Tx } from '../database';
import { DeliveryQueue } from '../deliveries';
import { EventBus, EventLog } from '../events';
import { logger } from '../logging';
import { Channels, fingerprint } from './channels';
import { EVENT_COLUMNS, loggedEvent, withFacts, type EventRow } from './notice-loader';
import type { Channel, Notice } from './channel';

const MOST_AT_ONCE = 500;
const SWEEP_MS = 1_000;
/** Under load commits come faster than it is worth planning for each of them. */
const GATHER_MS = 15;

const log = logger.child({ component: 'planner' });

/** A row of `hub.deliveries` to be. */
interface PlannedDelivery {
  readonly eventId: number;
  readonly channel: string;
  readonly element: number;
  readonly fingerprint: string;
  readonly display: string;
  readonly orderKey: string | null;
  /** Set when the channel could not even say whom to tell: kept as failed, so that somebody sees it. */
  readonly problem: string | null;
}

/**
 * Turns events into deliveries: one row per event, channel, config element and target (D9, D10).
 *
 * Nudged after each commit and sweeping every second, so that what a replica did not plan before it died is planned by
 * another. Claims are row locks; there is no cursor that could pass an event that commits late.
 */
@Injectable()
export class Planner implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly wake = new DeliveryQueue();
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private troubled = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly channels: Channels,
    private readonly bus: EventBus,
    private readonly eventLog: EventLog,
    private readonly deliveries: DeliveryQueue,
    private readonly database: DatabaseState,
  ) {}

  onModuleInit(): void {
    const wanted = new Set(this.channels.events);
    this.eventLog.planFor([...wanted]);
    this.bus.onCommitted((events) => {
      if (events.some(({ name }) => wanted.has(name))) this.wake.nudge();
    });
  }

  onApplicationBootstrap(): void {
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.wake.nudge();
    await this.loop;
  }

  /** Plans what nobody has planned yet; returns how many events it took. */
  async runOnce(): Promise<number> {
    const { events, planned } = await this.transactions.run(async (tx) => {
      const events = await claimUnplanned(tx);
      if (events.length === 0) return { events, planned: 0 };
      const notices = await withFacts(tx, events);
      const rows = [...notices.values()].flatMap((notice) => this.plan(notice));
      await insertDeliveries(tx, rows);
      await tx.query(
        `UPDATE hub.events SET planned_at = clock_timestamp() AT TIME ZONE 'UTC' WHERE id = ANY ($1::bigint[])`,
        [events.map((event) => event.id)],
      );
      return { events, planned: rows.length };
    });
    if (planned > 0) this.deliveries.nudge();
    return events.length;
  }

  private async run(): Promise<void> {
    if (!(await this.database.becameReady())) return;
    while (!this.stopping) {
      try {
        const taken = await this.runOnce();
        this.troubled = false;
        if (taken === 0) await this.wake.wait(SWEEP_MS);
        if (!this.stopping) await wait(GATHER_MS);
      } catch (error) {
        if (!this.troubled) log.warn({ err: error }, 'events wait to be planned; trying again every second');
        this.troubled = true;
        await wait(SWEEP_MS);
      }
    }
  }

  private plan(notice: Notice): PlannedDelivery[] {
    return this.channels.delivering
      .filter((channel) => channel.events.includes(notice.event.name))
      .flatMap((channel) => planChannel(channel, notice));
  }
}

/** A channel that fails to plan must neither hold up the others nor be forgotten. */
function planChannel(channel: Channel, notice: Notice): PlannedDelivery[] {
  const common = { eventId: notice.event.id, channel: channel.name };
  try {
    return channel.targets(notice).map((target) => ({
      ...common,
      element: target.element,
      fingerprint: fingerprint(target),
      display: target.display,
      orderKey: target.orderKey === undefined ? null : `${channel.name}/${target.orderKey}`,
      problem: null,
    }));
  } catch (error) {
    log.error({ err: error, channel: channel.name, event: notice.event.id }, 'a channel could not plan an event');
    const problem = `planning failed: ${error instanceof Error ? error.message : String(error)}`;
    return [{ ...common, element: 0, fingerprint: 'planning', display: 'unknown', orderKey: null, problem }];
  }
}

/**
 * Claims the oldest events that nobody else has. What follows an event that another replica is still planning is left
 * for the next time: its deliveries must not go ahead of that one's.
 */
async function claimUnplanned(tx: Tx): Promise<LoggedEvent[]> {
  const rows = await tx.query<EventRow>(
    `WITH claimed AS MATERIALIZED (
       SELECT ${EVENT_COLUMNS} FROM hub.events WHERE planned_at IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED),
     elsewhere AS MATERIALIZED (
       SELECT id, build_id FROM hub.events
        WHERE planned_at IS NULL AND id < (SELECT max(id) FROM claimed) AND id NOT IN (SELECT id FROM claimed))
     SELECT ${EVENT_COLUMNS} FROM claimed
      WHERE NOT EXISTS (SELECT FROM elsewhere e WHERE e.build_id = claimed.build_id AND e.id < claimed.id)
      ORDER BY id`,
    [MOST_AT_ONCE],
  );
  return rows.map(loggedEvent);
}

async function insertDeliveries(tx: Tx, rows: readonly PlannedDelivery[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO hub.deliveries (event_id, channel, element, fingerprint, target, order_key, state, last_reason)
     SELECT event_id, channel, element, fingerprint, target, order_key,
            CASE WHEN problem IS NULL THEN 'pending' ELSE 'failed' END, problem
       FROM unnest($1::bigint[], $2::varchar[], $3::integer[], $4::varchar[], $5::varchar[], $6::varchar[], $7::varchar[])
            WITH ORDINALITY AS p(event_id, channel, element, fingerprint, target, order_key, problem, nth)
      ORDER BY nth
     ON CONFLICT (event_id, channel, element, fingerprint) WHERE event_id IS NOT NULL DO NOTHING`,
    [
      rows.map((row) => row.eventId),
      rows.map((row) => row.channel),
      rows.map((row) => row.element),
      rows.map((row) => row.fingerprint),
      rows.map((row) => row.display),
      rows.map((row) => row.orderKey),
      rows.map((row) => row.problem),
    ],
  );
}
