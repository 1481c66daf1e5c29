import type { INestApplicationContext } from '@nestjs/common';
import { DeliveryStore } from '../../src/deliveries/delivery-store';
import { Batcher, normaliseMessage, ParkedMessages } from '../../src/intake';
import { ParkedRetry } from '../../src/intake/parked/parked-retry';
import { BacklogGauges } from '../../src/metrics/backlog';
import { NoticeLoader } from '../../src/notifications/notice-loader';
import { PlanStore } from '../../src/notifications/plan-store';
import { Retention, StaleJobs } from '../../src/sweeper';
import type { TestDatabase } from './database';
import { eventually } from './eventually';
import { ageJobs } from './job-rows';
import { insertBuild } from './rows';

/** Takes a Hub that is running through everything it does with messages, so that it sends each of its statements. */
export class MessageTour {
  constructor(
    private readonly hub: INestApplicationContext,
    private readonly database: TestDatabase,
    private readonly webhookUrl: string,
  ) {}

  /** @returns the id of a job that it has worked on */
  async run(): Promise<number> {
    await this.passBuild();
    await this.failStages();
    await this.cancelAndRestartBuild();
    await this.repeatMessage();
    await this.parkAndRetry();
    const job = await this.giveUpStale();
    await this.housekeep();
    await this.waitUntilDone();
    return job;
  }

  /** Two builds of one repository, the newer one first, whose workers number their messages. */
  private async passBuild(): Promise<void> {
    const older = await this.insert([0, 1]);
    const newer = await this.insert(2, older.repositoryId);
    for (const [nth, id] of [...newer.jobIds, ...older.jobIds].entries()) {
      const meta = { uuid: `run-${nth}`, instance_id: `instance-${nth}` };
      await this.send('job:receive', { id, meta: { ...meta, state_update_count: 1 } });
      await this.send('job:start', { id, meta: { ...meta, state_update_count: 2 } });
      await this.send('job:finish', { id, state: 'passed', meta: { ...meta, state_update_count: 3 } });
    }
    const [again, other] = newer.jobIds;
    await this.send('job:restart', { id: again });
    await this.send('job:start', { id: again, meta: { uuid: 'run-9', state_update_count: 2 } });
    await this.send('job:reset', { id: again });
    await this.send('job:restart', { id: other, restarted_by: 1 });
    await this.send('job:cancel', { id: other });
  }

  /** What a failed stage cancels is locked late. */
  private async failStages(): Promise<void> {
    const { jobIds } = await this.insert([0, 0, 1]);
    await this.all('job:start', jobIds.slice(0, 2));
    await this.all('job:finish', jobIds.slice(0, 2), { state: 'failed' });
  }

  /** Commands that name a build bring all of its jobs along. */
  private async cancelAndRestartBuild(): Promise<void> {
    const { buildId, jobIds } = await this.insert(3);
    await this.send('build:create', { id: buildId });
    await this.send('build:start', { id: buildId });
    await this.all('job:start', jobIds);
    await this.send('build:cancel', { id: buildId });
    await this.send('build:restart', { id: buildId });
    await this.send('build:finish', { id: buildId, state: 'errored' });
  }

  /** Without a number a message is recognised by its fingerprint. */
  private async repeatMessage(): Promise<void> {
    const { jobIds } = await this.insert(1);
    await this.all('job:finish', jobIds, { state: 'failed' });
    for (const redelivered of [false, true]) {
      const restart = normaliseMessage('job:restart', { id: jobIds[0] });
      await this.hub.get(Batcher).submit({ ...restart, message: { fingerprint: 'restart', redelivered } });
    }
  }

  /** One message whose job appears, and one that nothing will ever mend. */
  private async parkAndRetry(): Promise<void> {
    const { jobIds } = await this.insert(2);
    for (const [nth, id] of jobIds.entries()) {
      await this.hub.get(ParkedMessages).park({
        source: 'test',
        type: nth === 0 ? 'job:start' : 'job:explode',
        reason: 'unknown_job',
        detail: 'came too early',
        subject: 'job',
        subjectId: id,
        body: Buffer.from(JSON.stringify({ id })),
        properties: {},
      });
    }
    await this.hub.get(ParkedRetry).runOnce();
  }

  /** A job whose worker numbers nothing and is not heard of again. The first look only counts; the next ones act. */
  private async giveUpStale(): Promise<number> {
    const { jobIds } = await this.insert(1);
    const [id = 0] = jobIds;
    await this.send('job:start', { id, meta: { instance_id: 'instance-0' } });
    await ageJobs(this.database, jobIds, 10);
    const staleJobs = this.hub.get(StaleJobs);
    await staleJobs.runOnce();
    await this.database.query(`UPDATE hub.sweeps SET last_at = last_at - interval '1 hour'`);
    await staleJobs.runOnce();
    return id;
  }

  /** What a timer would start, or a process that died. */
  private async housekeep(): Promise<void> {
    await this.hub.get(Retention).runOnce();
    await this.hub.get(BacklogGauges).refresh();
    const old = await this.database.query<{ id: number }>('SELECT id FROM hub.events ORDER BY id LIMIT 3');
    const ids = old.map(({ id }) => id);
    // Events of this process are in memory; those of another one have to be read.
    await this.hub.get(NoticeLoader).loadAll(ids);
    await this.hub.get(PlanStore).unplanned(ids.length);
    const deliveries = this.hub.get(DeliveryStore);
    await deliveries.renew(ids, 1_000);
    await deliveries.release(ids);
  }

  /** Hub plans and delivers by itself, and may have retried what is parked before it was told to. */
  private async waitUntilDone(): Promise<void> {
    await eventually(async () => {
      const [open] = await this.database.query<Record<string, number>>(
        `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)::integer AS events,
                (SELECT count(*) FROM hub.deliveries WHERE state = 'pending' AND channel = 'webhook')::integer AS webhooks,
                (SELECT count(*) FROM hub.parked_messages WHERE replayed_at IS NULL AND reason = 'unknown_job')::integer AS parked`,
      );
      if (Object.values(open ?? {}).join() !== '0,0,0') throw new Error(`still to be done: ${JSON.stringify(open)}`);
    });
  }

  private insert(jobs: number | readonly number[], repositoryId?: number): ReturnType<typeof insertBuild> {
    const config = { notifications: { webhooks: { urls: [this.webhookUrl], on_start: 'always' } } };
    return insertBuild(this.database, { jobs, config, ...(repositoryId !== undefined && { repositoryId }) });
  }

  private async send(type: string, body: object): Promise<void> {
    await this.hub.get(Batcher).submit(normaliseMessage(type, body));
  }

  /** In one batch. */
  private async all(type: string, ids: readonly number[], body: object = {}): Promise<void> {
    await Promise.all(ids.map((id) => this.send(type, { id, ...body })));
  }
}
