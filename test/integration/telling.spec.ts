import { Batcher, normaliseMessage } from '../../src/intake';
import { Receiver } from '../contract/receiver';
import { eventually } from '../support';
import { buildBody, startApiApp, type ApiApp } from './api-app';

interface Timeline {
  readonly events: readonly {
    readonly event: string;
    readonly state: string;
    readonly planned_at: string | null;
    readonly silent: readonly { readonly channel: string; readonly reason: string }[];
  }[];
}

describe('who is told when', () => {
  let hub: ApiApp;
  let receiver: Receiver;
  let repositories = 0;

  beforeAll(async () => {
    hub = await startApiApp({ HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1' });
  });
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(() => receiver.stop());
  afterAll(() => hub.close());

  /** Creates the first build of a repository; its webhook has these options. */
  async function create(options: object, changes: object = {}): Promise<{ id: number; jobs: number[] }> {
    repositories += 1;
    const config = { notifications: { webhooks: { urls: [receiver.url()], ...options } } };
    const repository = { owner_name: 'octo', name: `told-${repositories}` };
    const answer = await hub.post('/api/builds', buildBody({ repository, config, ...changes })).expect(201);
    const build = answer.body as { id: number; jobs: { id: number }[] };
    return { id: build.id, jobs: build.jobs.map(({ id }) => id) };
  }
  const report = (job: number | undefined, type: string, state = type): Promise<unknown> =>
    hub.app.get(Batcher, { strict: false }).submit(normaliseMessage(`job:${type}`, { id: job, state }));
  const finish = (job: number | undefined, state: string): Promise<unknown> => report(job, 'finish', state);

  /** What the receiver was told so far, once nothing is left to be planned or delivered. */
  async function told(): Promise<string[]> {
    await eventually(async () => {
      const [open] = await hub.rows<{ n: number }>(
        `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)
              + (SELECT count(*) FROM hub.deliveries WHERE state = 'pending' AND channel = 'webhook') AS n`,
      );
      expect(open?.n).toBe(0);
    });
    return receiver.received.map(({ body }) => {
      const payload = JSON.parse(new URLSearchParams(body).get('payload') ?? '{}') as Record<string, string>;
      return `${payload['state']}: ${payload['status_message']}`;
    });
  }
  /** Event and reason of each silence. */
  async function silences(id: number): Promise<string[]> {
    const { events } = (await hub.get(`/api/builds/${id}/timeline`)).body as Timeline;
    return events.flatMap(({ event, silent }) => silent.map(({ reason }) => `${event} ${reason}`));
  }

  it('after a restart the result before it is what the new one is compared with', async () => {
    const build = await create({ on_success: 'change', on_failure: 'change' });
    await finish(build.jobs[0], 'failed');
    await hub.post(`/api/builds/${build.id}/restart`).expect(200);
    await finish(build.jobs[0], 'passed');
    await hub.post(`/api/builds/${build.id}/restart`).expect(200);
    await finish(build.jobs[0], 'passed');
    await hub.post(`/api/builds/${build.id}/restart`).expect(200);
    await finish(build.jobs[0], 'failed');
    expect(await told()).toEqual(['failed: Failed', 'passed: Fixed', 'failed: Broken']);
    expect(await silences(build.id)).toEqual(['build:finished on_success: change, but passed came before']);
  });

  it('a start is told when the build before had passed and only changes are wanted', async () => {
    const build = await create({ on_start: 'change', on_success: 'never' });
    await finish(build.jobs[0], 'passed');
    await hub.post(`/api/builds/${build.id}/restart`).expect(200);
    await report(build.jobs[0], 'start', 'started');
    expect(await told()).toEqual(['started: Pending']);
    expect(await silences(build.id)).toEqual(['build:finished on_success: never']);
  });

  it('errors obey on_error, and else on_failure', async () => {
    const build = await create({ on_failure: 'always', on_error: 'never' });
    await finish(build.jobs[0], 'errored');
    expect(await told()).toEqual([]);
    expect(await silences(build.id)).toEqual(['build:finished on_error: never']);
    const other = await create({ on_failure: 'always' });
    await finish(other.jobs[0], 'errored');
    expect(await told()).toEqual(['errored: Errored']);
  });

  describe('with fast_finish', () => {
    const jobs = [{}, { allow_failure: true }, { allow_failure: true }];
    const config = (): object => ({
      matrix: { fast_finish: true },
      notifications: { webhooks: { urls: [receiver.url()] } },
    });

    it.each([
      ['the required job fails first, the others pass', ['0 failed', '1 passed', '2 passed']],
      ['the required job fails first, the others fail', ['0 failed', '1 failed', '2 failed']],
      ['the required job fails last', ['1 passed', '2 failed', '0 failed']],
      ['the required job fails in between', ['1 failed', '0 failed', '2 passed']],
    ])('a failure is told once: %s', async (_what, ends) => {
      const build = await create({}, { jobs, config: config() });
      for (const end of ends) {
        const [index, state] = end.split(' ');
        await finish(build.jobs[Number(index)], state ?? '');
      }
      expect(await told()).toEqual(['failed: Failed']);
    });
  });

  it('one end of a build is told once, however often it is reported', async () => {
    const build = await create({});
    await finish(build.jobs[0], 'passed');
    await finish(build.jobs[0], 'passed');
    await finish(build.jobs[0], 'failed');
    expect(await told()).toEqual(['passed: Passed']);
  });

  it('nobody who asked for nothing is kept as silent', async () => {
    const { body } = await hub.post('/api/builds', buildBody()).expect(201);
    const build = body as { id: number; jobs: { id: number }[] };
    await report(build.jobs[0]?.id, 'start', 'started');
    await finish(build.jobs[0]?.id, 'passed');
    await told();
    const [silent] = await hub.rows<{ n: number }>(
      'SELECT count(*) AS n FROM hub.events WHERE build_id = $1 AND silent IS NOT NULL',
      build.id,
    );
    expect(silent?.n).toBe(0);
  });

  it('an entry that is switched off, and a start that nobody asked to hear of, are kept with their reasons', async () => {
    const build = await create({ enabled: false });
    await report(build.jobs[0], 'start', 'started');
    await finish(build.jobs[0], 'passed');
    expect(await told()).toEqual([]);
    expect(await silences(build.id)).toEqual([
      'build:started switched off in the config',
      'build:finished switched off in the config',
    ]);
  });
});
