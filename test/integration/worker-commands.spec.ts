import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { Batcher, normaliseMessage } from '../../src/intake';
import { bootstrap, type RunningHub } from '../../src/main';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { insertBuild } from '../support/rows';

describe('telling workers to stop a job', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let hub: RunningHub | null = null;
  let worker: ChannelModel;
  const heard: ConsumeMessage[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    broker = await createTestBroker();
    worker = await connect(broker.url);
    const channel = await worker.createChannel();
    // Exactly as a worker does it: were the exchange declared otherwise, this would fail.
    await channel.assertExchange('worker.commands', 'fanout', { durable: false, autoDelete: false, internal: false });
    const { queue } = await channel.assertQueue('', { durable: true, exclusive: true, autoDelete: false });
    await channel.bindQueue(queue, 'worker.commands', '');
    await channel.consume(queue, (message) => {
      if (!message) return;
      heard.push(message);
      channel.ack(message);
    });
  });
  afterAll(async () => {
    await hub?.stop();
    await worker.close();
    await broker.drop();
    await database.drop();
  });
  beforeEach(() => {
    heard.length = 0;
  });

  async function startHub(): Promise<Batcher> {
    hub = await bootstrap({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      LOG_LEVEL: 'silent',
    });
    return hub.app.get(Batcher, { strict: false });
  }

  async function stopHub(): Promise<void> {
    await hub?.stop();
    hub = null;
  }

  const ofJob = (id: number | undefined) =>
    heard.filter(({ content }) => (JSON.parse(content.toString()) as { job_id: unknown }).job_id === id);

  async function addDelivery(jobId: number | undefined, run: number): Promise<void> {
    await database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, job_id, run, payload)
       VALUES ('worker-commands', 'job', 'a job', $1, $2, '{"reason": "left over"}')`,
      [jobId, run],
    );
  }

  it('says cancel_job with the id as a number and the reason, once, when a job is canceled', async () => {
    const batcher = await startHub();
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    const [id] = jobIds;
    await batcher.submit(normaliseMessage('job:cancel', { id: String(id), reason: 'Insufficient funds' }));
    await eventually(() => {
      expect(ofJob(id).map(({ content }) => content.toString())).toEqual([
        `{"type":"cancel_job","job_id":${String(id)},"source":"hub","reason":"Insufficient funds"}`,
      ]);
    });
    // A worker that missed it and begins is told again.
    await batcher.submit(normaliseMessage('job:test:start', { id, state: 'started' }));
    await eventually(() => {
      expect(ofJob(id)).toHaveLength(2);
    });
    await stopHub();
  });

  it('says what was decided before a crash, but not about a run that has been started over since', async () => {
    const current = await insertBuild(database, { jobs: 1 });
    const restarted = await insertBuild(database, { jobs: 1 });
    await addDelivery(restarted.jobIds[0], 1);
    await database.query('INSERT INTO hub.jobs (job_id, run) VALUES ($1, 2)', [restarted.jobIds[0]]);
    await addDelivery(current.jobIds[0], 1);

    await startHub();
    await eventually(() => {
      expect(ofJob(current.jobIds[0])).toHaveLength(1);
    });
    await eventually(async () => {
      const rows = await database.query(`SELECT state, last_reason FROM hub.deliveries WHERE job_id = $1`, [
        restarted.jobIds[0],
      ]);
      expect(rows).toEqual([{ state: 'dropped', last_reason: 'the job was started over since' }]);
    });
    expect(ofJob(restarted.jobIds[0])).toEqual([]);
    await stopHub();
  });
});
