import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { buildBody } from '../integration/api-app';
import { compileHub, HubProcess } from '../support/hub-process';
import { SidekiqQueues } from '../support/sidekiq-queues';

const CREDENTIALS = 'test:a-long-test-password';

describe('a Hub that dies between handing over and noting it', () => {
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

  function startHub(fault?: string): HubProcess {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      REDIS_URL: queues.url,
      HTTP_BASIC_AUTH: CREDENTIALS,
      HUB_CHANNELS: 'scheduler=handover,logsearch=handover,webhook=off',
      PORT: '0',
      ...(fault !== undefined && { HUB_TEST_FAULT: fault }),
    });
    hubs.push(hub);
    return hub;
  }

  it('hands over once more under the same job id, so that the repeat can be recognised', async () => {
    const doomed = startHub('after-send:1');
    const url = await doomed.url();
    await doomed.line(({ msg }) => msg === 'Redis answers');
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
});
