import { setTimeout as wait } from 'node:timers/promises';
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { LoggedEvent, ToldEvent } from '../contracts/event';
import { DatabaseState, togetherOrAlone } from '../database';
import { DeliveryQueue } from '../deliveries';
import { EventBus, EventLog } from '../events';
import { faultPoint } from '../faults';
import { logger } from '../logging';
import { Channels } from './channels';
import { NoticeLoader } from './notice-loader';
import type { Notice } from './notice';
import { planChannel, type Plan } from './plan-channel';
import { PlanStore, type Planned } from './plan-store';

const MOST_AT_ONCE = 500;
/** Beyond it the sweep, which goes by the database, takes over. */
const MOST_REMEMBERED = 2_000;
const SWEEP_MS = 1_000;
/** Under load commits come faster than it is worth planning for each of them. */
const GATHER_MS = 15;

/** How long what the database refuses is left aside. */
const REFUSED_MS = 30_000;
/** Ids that a log line names. */
const MOST_LOGGED = 10;

/** After so many failures in a row a channel that cannot read what it needs is no longer waited for. */
const PATIENCE = 5;

const log = logger.child({ component: 'planner' });

/**
 * Turns events into deliveries: one row per event, channel, config element and target (D9, D10).
 *
 * Plans what this process has just committed as it is in memory, and sweeps every second, so that what a replica did
 * not plan before it died is planned by another.
 */
@Injectable()
export class Planner implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly wake = new DeliveryQueue();
  private committed: number[] = [];
  private sweepDue = true;
  private sweptAt = -Infinity;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  /** Events that the database refuses to have planned, and until when (`performance.now()`) they are left aside. */
  private readonly refused = new Map<number, number>();
  /** How often in a row planning has failed. */
  private failures = 0;

  constructor(
    private readonly store: PlanStore,
    private readonly channels: Channels,
    private readonly bus: EventBus,
    private readonly eventLog: EventLog,
    private readonly notices: NoticeLoader,
    private readonly deliveries: DeliveryQueue,
    private readonly database: DatabaseState,
  ) {}

  onModuleInit(): void {
    this.eventLog.planFor(() => this.channels.events);
    this.bus.onCommitted((events) => this.take(events));
  }

  onApplicationBootstrap(): void {
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.wake.nudge();
    await this.loop;
  }

  /** Plans what waits; returns how many events it planned. */
  async runOnce(): Promise<number> {
    this.sweepDue ||= performance.now() - this.sweptAt >= SWEEP_MS;
    const sweeping = this.sweepDue;
    const ids = sweeping ? await this.sweep() : this.committed.splice(0, MOST_AT_ONCE);
    if (ids.length === 0) return 0;
    const refused: number[] = [];
    let why: unknown;
    const parts = await togetherOrAlone(
      ids,
      (some) => this.planAll(some),
      (id, error) => {
        refused.push(id);
        why = error;
      },
    );
    if (refused.length > 0) this.putAside(refused, why);
    // What another replica is at, or more than one sweep takes, is looked for again.
    this.sweepDue ||= parts.some(({ left }) => left > 0) || (sweeping && ids.length === MOST_AT_ONCE);
    return parts.reduce((sum, { planned }) => sum + planned, 0);
  }

  private async planAll(ids: readonly number[]): Promise<Planned> {
    const notices = await this.notices.loadAll(ids);
    const parts = ids.flatMap((id) => this.plan(notices.get(id)));
    const planning = together(parts);
    const plans = planning instanceof Promise ? await planning : planning;
    const rows = plans.flatMap(({ deliveries }) => deliveries);
    const silences = plans.flatMap((plan) => plan.silences);
    const result = await this.store.save(ids, rows, silences);
    if (rows.length > 0) faultPoint('after-plan');
    if (result.planned > 0 && rows.length > 0) this.deliveries.nudge(new Set(rows.map(({ channel }) => channel)));
    return result;
  }

  /** They are tried again seldom: it costs the others their common plan. What comes after them in their builds waits. */
  private putAside(ids: readonly number[], error: unknown): void {
    const events = ids.slice(0, MOST_LOGGED);
    log.error(
      { err: error, events, count: ids.length },
      'the database refuses to have events planned: nobody is told of them; mend the cause',
    );
    const until = performance.now() + REFUSED_MS;
    for (const id of ids) this.refused.set(id, until);
  }

  private async run(): Promise<void> {
    if (!(await this.database.becameReady())) return;
    while (!this.stopping) {
      try {
        this.wake.take();
        const planned = await this.runOnce();
        this.failures = 0;
        if (planned === 0 && this.committed.length === 0) await this.wake.wait(SWEEP_MS);
        if (!this.stopping) await wait(GATHER_MS);
      } catch (error) {
        if (this.failures === 0) log.warn({ err: error }, 'events wait to be planned; trying again every second');
        this.failures += 1;
        this.sweepDue = true;
        await wait(SWEEP_MS);
      }
    }
  }

  private take(events: readonly LoggedEvent[]): void {
    const wanted = new Set<string>(this.channels.events);
    const ours = events.filter((event): event is ToldEvent => wanted.has(event.name));
    if (ours.length === 0) return;
    if (this.committed.length + ours.length > MOST_REMEMBERED) {
      this.committed = [];
      this.sweepDue = true;
    } else {
      this.notices.remember(ours);
      this.committed.push(...ours.map(({ id }) => id));
    }
    this.wake.nudge();
  }

  private async sweep(): Promise<number[]> {
    this.sweepDue = false;
    this.sweptAt = performance.now();
    this.committed = [];
    for (const [id, until] of this.refused) if (until <= this.sweptAt) this.refused.delete(id);
    return this.store.unplanned(MOST_AT_ONCE, [...this.refused.keys()]);
  }

  private plan(notice: Notice | undefined): readonly (Plan | Promise<Plan>)[] {
    if (!notice) return [];
    return this.channels.active
      .filter(({ events }) => events.some((name) => name === notice.event.name))
      .map((channel) => planChannel(channel, notice, this.failures < PATIENCE));
  }
}

/** Few channels have to read something first; when none does, nothing is waited for. */
function together(parts: readonly (Plan | Promise<Plan>)[]): readonly Plan[] | Promise<readonly Plan[]> {
  const ready = parts.filter((part): part is Plan => !(part instanceof Promise));
  return ready.length === parts.length ? ready : Promise.all(parts.map(async (part) => part));
}
