import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { buildBody } from '../integration/api-app';
import { compileHub, HubProcess } from '../support/hub-process';
import { SidekiqQueues } from '../support/sidekiq-queues';

const CREDENTIALS = 'test:a-long-test-password';

describe('hand-overs of a Hub that runs by itself', () => {
  let database: TestDatabase;
  let queues: SidekiqQueues;
  const hubs: HubProcess[] = [];

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    queues = await SidekiqQueues.open();
  }, 120_000);
  afterAll(async () => {
    for (const hub of hubs) await hub.destroy();
    await queues.close();
    await database.drop();
  });

  function startHub(environment: Record<string, string> = {}): HubProcess {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      REDIS_URL: queues.url,
      HTTP_BASIC_AUTH: CREDENTIALS,
      HUB_CHANNELS: 'scheduler=handover,webhook=off',
      PORT: '0',
      ...environment,
    });
    hubs.push(hub);
    return hub;
  }

  it('are made once more under the same job id when it dies before it has noted them', async () => {
    const doomed = startHub({ HUB_TEST_FAULT: 'after-send:1' });
    const url = await doomed.url();
    await doomed.line(({ msg }) => msg === 'The database is ready.');
    const headers = { 'content-type': 'application/json', authorization: `Basic ${btoa(CREDENTIALS)}` };
    // The process may be gone before it answers.
    await fetch(`${url}/api/builds`, { method: 'POST', headers, body: JSON.stringify(buildBody()) }).catch(
      () => undefined,
    );
    expect(await doomed.exited).toBeNull();
    expect(await queues.jobs('scheduler')).toHaveLength(1);

    startHub();
    await eventually(
      async () => {
        const rows = await database.query(`SELECT FROM hub.deliveries WHERE state = 'delivered'`);
        expect(rows).toHaveLength(1);
      },
      { timeoutMs: 30_000 },
    );
    const jobs = (await queues.jobs('scheduler')).map(({ envelope: { enqueued_at: _at, ...rest }, args }) => ({
      rest,
      args,
    }));
    expect(jobs).toHaveLength(2);
    expect(jobs[1]).toEqual(jobs[0]);
  }, 60_000);

  it('are told of at boot when there is no Redis to make them to', async () => {
    const hub = startHub({ REDIS_URL: '', HUB_CHANNELS: 'scheduler=handover,webhook=handover' });
    const line = await hub.line(({ level }) => level === 'warn');
    expect(line).toMatchObject({
      component: 'notifications',
      channels: { scheduler: 'REDIS_URL', webhook: 'REDIS_URL' },
    });
    expect(line.msg).toMatch(/^these channels are to be handed over, but nobody said where: .* Set the variable/);
    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
    expect(hub.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  }, 60_000);
});
