import { Batcher, normaliseMessage } from '../../src/intake';
import { DeliveryQueue } from '../../src/deliveries';
import type { Environment } from '../../src/config';
import { eventually } from '../support';
import { insertBuild, type BuildRows, type BuildShape } from '../support/rows';
import { startApiApp, type ApiApp } from './api-app';

/** A side effect as the timeline of its job shows it. */
export interface ShownEffect {
  readonly channel: string;
  readonly run: number;
  readonly state: string;
  readonly attempts: number;
  readonly reason: string | null;
}

/** The whole of Hub beside the services that it calls for jobs. */
export class SideEffectsScene {
  private constructor(readonly hub: ApiApp) {}

  static async open(environment: Environment): Promise<SideEffectsScene> {
    return new SideEffectsScene(await startApiApp(environment));
  }

  insertBuild(shape: BuildShape): Promise<BuildRows> {
    return insertBuild(this.hub.database, shape);
  }

  /** A build with one job, by the id of the job. */
  async insertJob(): Promise<number> {
    const { jobIds } = await this.insertBuild({ jobs: 1 });
    return jobIds[0] ?? 0;
  }

  /** Applies a message as a worker or another service sends it. */
  async send(type: string, body: Readonly<Record<string, unknown>>): Promise<void> {
    await this.hub.app.get(Batcher, { strict: false }).submit(normaliseMessage(type, body));
  }

  async stateOf(jobId: number): Promise<string | undefined> {
    return (await this.hub.rows<{ state: string }>('SELECT state FROM jobs WHERE id = $1', jobId))[0]?.state;
  }

  /** What was to be done for a job through these channels, as its timeline shows it. */
  async effects(jobId: number, ...channels: readonly string[]): Promise<ShownEffect[]> {
    const { body } = await this.hub.get(`/api/jobs/${jobId}/timeline`);
    const all = (body as { side_effects: ShownEffect[] }).side_effects;
    return all.filter(({ channel }) => channels.length === 0 || channels.includes(channel));
  }

  /** Waits until the side effects of a job look like this, in the order in which they were decided. */
  async untilEffects(jobId: number, channels: readonly string[], expected: readonly object[]): Promise<void> {
    await eventually(async () => {
      const found = await this.effects(jobId, ...channels);
      expect(found).toEqual(expected.map((each) => expect.objectContaining(each) as object));
    });
  }

  /** Has everything that waits for its next attempt tried now, as an operator would. */
  async tryNow(): Promise<void> {
    await this.hub.database.query(
      `UPDATE hub.deliveries SET next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
        WHERE state = 'pending' AND (leased_until IS NULL OR leased_until < clock_timestamp() AT TIME ZONE 'UTC')`,
    );
    this.hub.app.get(DeliveryQueue, { strict: false }).nudge();
  }

  /** All that is stored about deliveries, to be searched for what must not be in it. */
  async everythingStored(): Promise<string> {
    return JSON.stringify(await this.hub.rows('SELECT * FROM hub.deliveries'));
  }

  close(): Promise<void> {
    return this.hub.close();
  }
}
