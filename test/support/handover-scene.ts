import type { Environment } from '../../src/config';
import { Batcher, normaliseMessage } from '../../src/intake';
import { startApiApp, type ApiApp } from '../integration/api-app';
import { eventually } from './eventually';
import { SidekiqQueues } from './sidekiq-queues';
import { ENCRYPTION_KEY, insertTravisBuild, type TravisBuild, type TravisBuildShape } from './travis-build';

const ENABLED = { INSIGHTS_ENABLED: 'true', LOGSEARCH_ENABLED: 'true' };
const WORKER = { vm_size: 'm6g.xlarge', queued_at: '2014-04-03T10:20:00Z', received_at: '2014-04-03T10:20:30Z' };
export const STARTED = '2014-04-03T10:21:05Z';
export const FINISHED = '2014-04-03T10:22:05Z';

/** All of Hub on the database of a Travis installation, and the queues of that installation's other services. */
export class HandoverScene {
  private constructor(
    readonly hub: ApiApp,
    readonly queues: SidekiqQueues,
  ) {}

  /** @param options.redisUrl what Hub is told instead of the queues' own Redis */
  static async open(
    environment: Environment = {},
    options: { travis?: boolean; redisUrl?: (url: string) => Promise<string> } = {},
  ): Promise<HandoverScene> {
    const queues = await SidekiqQueues.open();
    const url = (await options.redisUrl?.(queues.url)) ?? queues.url;
    const settings = {
      ...ENABLED,
      REDIS_URL: url,
      ENCRYPTION_KEY,
      HUB_WEB_URL: 'https://travis-ci.org',
      ...environment,
    };
    const hub = await startApiApp(settings, { travis: options.travis ?? true }).catch(async (error: unknown) => {
      await queues.close();
      throw error;
    });
    return new HandoverScene(hub, queues);
  }

  async close(): Promise<void> {
    await this.hub.close();
    await this.queues.close();
  }

  insert(shape: TravisBuildShape = {}): Promise<TravisBuild> {
    return insertTravisBuild(this.hub.database, shape);
  }

  async send(type: string, body: object): Promise<void> {
    await this.hub.app.get(Batcher).submit(normaliseMessage(type, body));
  }

  /** A build from its creation to its end, as its worker reports it. */
  async play(build: TravisBuild, state = 'passed'): Promise<void> {
    const { buildId, jobId: id } = build;
    await this.send('build:create', { id: buildId });
    await this.send('job:receive', { id, ...WORKER });
    await this.send('job:start', { id, ...WORKER, started_at: STARTED });
    await this.send('job:finish', { id, ...WORKER, started_at: STARTED, finished_at: FINISHED, state });
    await this.allHandedOver();
  }

  async allHandedOver(): Promise<void> {
    await eventually(async () => {
      const [open] = await this.hub.rows(
        `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL) AS unplanned,
                (SELECT count(*) FROM hub.deliveries WHERE state = 'pending') AS pending`,
      );
      expect(open).toEqual({ unplanned: 0, pending: 0 });
    });
  }

  /** What the tasks of a queue are told besides the payload that all of them share. */
  async params(queue: string): Promise<unknown[]> {
    return (await this.queues.jobs(queue)).map(({ args }) => args[4]);
  }

  /** States of the deliveries of a hand-over, and the reasons of those that were not made, in order. */
  deliveries(channel: string): Promise<{ state: string; reason: string | null }[]> {
    return this.hub.rows(
      `SELECT state, last_reason AS reason FROM hub.deliveries WHERE channel = 'handover-${channel}' ORDER BY id`,
    );
  }

  /** Waits until so many deliveries of a hand-over were tried in vain, and wait for their next attempt. */
  async eachTried(channel: string, count: number): Promise<void> {
    await eventually(async () => {
      const rows = await this.hub.rows(
        `SELECT id FROM hub.deliveries WHERE channel = 'handover-${channel}' AND state = 'pending' AND last_reason IS NOT NULL`,
      );
      expect(rows).toHaveLength(count);
    });
  }

  /** Waits until a hand-over says why it was not made. */
  whyNot(channel: string, words: RegExp): Promise<string> {
    return eventually(async () => {
      const reasons = (await this.deliveries(channel)).map(({ reason }) => reason ?? '');
      const found = reasons.find((reason) => words.test(reason));
      if (found === undefined) throw new Error(`the reasons are ${reasons.join('; ')}`);
      return found;
    });
  }

  /** A stage that comes after the one that the build has, with one job; returns the job's id. */
  async addStage({ buildId, repositoryId }: TravisBuild): Promise<number> {
    const { database } = this.hub;
    const [stage] = await database.query<{ id: number }>(
      `INSERT INTO stages (build_id, number, name, state) VALUES ($1, 2, 'deploy', 'created') RETURNING id`,
      [buildId],
    );
    const [job] = await database.query<{ id: number }>(
      `INSERT INTO jobs (repository_id, source_type, source_id, stage_id, state, number, created_at, updated_at)
       VALUES ($1, 'Build', $2, $3, 'created', '2.2', now(), now()) RETURNING id`,
      [repositoryId, buildId, stage!.id],
    );
    return job!.id;
  }
}
