import { connect, type ChannelModel, type ConsumeMessage } from 'amqplib';
import type { Environment } from '../../src/config';
import { Deliverers } from '../../src/deliveries';
import { Batcher, normaliseMessage } from '../../src/intake';
import { bootstrap, type RunningHub } from '../../src/main';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { JobBoardService } from '../support/job-board-service';
import { insertBuild } from '../support/rows';
import { TcpProxy } from '../support/tcp-proxy';

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

  async function startHub(environment: Environment = {}): Promise<Batcher> {
    hub = await bootstrap({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      LOG_LEVEL: 'silent',
      ...environment,
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

  it('has room of its own: webhooks that hang do not hold it up', async () => {
    await startHub({
      JOB_BOARD_URL: 'http://127.0.0.1:9',
      LOGS_API_URL: 'http://127.0.0.1:9',
      LOGS_API_TOKEN: 'token',
    });
    const lanes = hub!.app.get(Deliverers, { strict: false });
    await eventually(() => {
      const lane = lanes.lanes().find(({ channels }) => channels.includes('worker-commands'));
      const ofWorkers = ['job-board', 'log-clear', 'log-part', 'log-replace', 'worker-commands'];
      expect([...(lane?.channels ?? [])].sort()).toEqual(ofWorkers);
    });
    await stopHub();
  });

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

  it.each([
    ['job:cancel', { source: 'scheduler' }, 'Job Cancelled: Reason unknown'],
    ['job:cancel', { meta: { reason: 'too old' } }, 'too old'],
    ['job:test:finish', { state: 'cancelled' }, 'Job Cancelled: Reason unknown'],
    ['build:cancel', {}, 'Build Cancelled: Reason unknown'],
    [
      'build:cancel',
      { reason: 'Build Cancelled manually by User: svenfuchs' },
      'Build Cancelled manually by User: svenfuchs',
    ],
    [
      'build:cancel',
      { meta: { auto: true, event: 'push', number: '2', branch: 'main' } },
      'Build Cancelled: Reason unknown',
    ],
  ])('gives the reason of %s with %j: workers write it to the log', async (type, body, reason) => {
    const batcher = await startHub();
    const { buildId, jobIds } = await insertBuild(database, { jobs: 1 });
    const [id] = jobIds;
    await batcher.submit(normaliseMessage(type, { id: type.startsWith('build') ? buildId : id, ...body }));
    await eventually(() => {
      expect(ofJob(id).map(({ content }) => JSON.parse(content.toString()) as unknown)).toEqual([
        { type: 'cancel_job', job_id: id, source: 'hub', reason },
      ]);
    });
    await stopHub();
  });

  it('tells each open job of a canceled build once, also when its worker reports the end that it was told of', async () => {
    const batcher = await startHub();
    const { buildId, jobIds } = await insertBuild(database, { jobs: 3 });
    const [finished, ...open] = jobIds;
    await batcher.submit(normaliseMessage('job:test:finish', { id: finished, state: 'passed' }));
    await batcher.submit(normaliseMessage('build:cancel', { id: buildId }));
    await eventually(() => {
      expect(open.map((id) => ofJob(id).length)).toEqual([1, 1]);
    });
    // One message, one broadcast: Travis Hub answers a receive on a canceled job with two.
    await batcher.submit(normaliseMessage('job:test:receive', { id: open[0], state: 'received' }));
    await eventually(() => {
      expect(ofJob(open[0])).toHaveLength(2);
    });
    const rows = await database.query(
      `SELECT job_id FROM hub.deliveries WHERE channel = 'worker-commands'
      AND job_id = ANY ($1::bigint[]) ORDER BY id`,
      [jobIds],
    );
    expect(rows).toEqual([open[0], open[1], open[0]].map((id) => ({ job_id: id })));
    expect(ofJob(finished)).toEqual([]);
    await stopHub();
  });

  it('stops the worker of an errored job that begins all the same', async () => {
    const batcher = await startHub();
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    const [id] = jobIds;
    await batcher.submit(normaliseMessage('job:test:finish', { id, state: 'errored' }));
    await batcher.submit(normaliseMessage('job:test:start', { id, state: 'started' }));
    await eventually(() => {
      expect(ofJob(id).map(({ content }) => JSON.parse(content.toString()) as unknown)).toEqual([
        { type: 'cancel_job', job_id: id, source: 'hub', reason: 'Job Cancelled: Reason unknown' },
      ]);
    });
    await stopHub();
  });

  it('sends it as workers know it: no routing key, no type, as JSON', async () => {
    const batcher = await startHub();
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    await batcher.submit(normaliseMessage('job:cancel', { id: jobIds[0] }));
    const [message] = await eventually(() => {
      expect(ofJob(jobIds[0])).toHaveLength(1);
      return ofJob(jobIds[0]);
    });
    expect(message?.fields).toMatchObject({ exchange: 'worker.commands', routingKey: '' });
    expect(message?.properties).toMatchObject({ contentType: 'application/json', deliveryMode: 2, type: undefined });
    await stopHub();
  });

  it('does not wait for a Job Board that never answers', async () => {
    const board = new JobBoardService('hub', 'password', 'org');
    await board.up();
    board.hold();
    const batcher = await startHub({ JOB_BOARD_URL: board.url });
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    await batcher.submit(normaliseMessage('job:cancel', { id: jobIds[0] }));
    await eventually(() => {
      expect(board.calls).toHaveLength(1);
      expect(ofJob(jobIds[0])).toHaveLength(1);
    });
    board.release();
    await stopHub();
    await board.close();
    board.expectNoMistakes();
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

  it('waits while the broker is away, without using up its attempts, and is told when it is back', async () => {
    const line = await TcpProxy.start(broker.url);
    const batcher = await startHub({ RABBITMQ_URL: line.url, HUB_CHANNELS: 'log=deliver' });
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    const [id] = jobIds;
    const commands = hub!.app.get(Deliverers, { strict: false }).get('worker-commands');
    await eventually(() => expect(commands?.available).toBe(true));
    line.cut();
    await eventually(() => expect(commands?.available).toBe(false));
    await batcher.submit(normaliseMessage('job:cancel', { id }));
    // Rounds were made in which it could have been tried.
    await eventually(async () =>
      expect(
        await database.query(
          `SELECT d.state FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id WHERE e.job_id = $1`,
          [id],
        ),
      ).toEqual([{ state: 'delivered' }]),
    );
    // A claim that was under way when the line was cut gives it back.
    await eventually(async () =>
      expect(
        await database.query(
          `SELECT state, attempts FROM hub.deliveries WHERE channel = 'worker-commands' AND job_id = $1`,
          [id],
        ),
      ).toEqual([{ state: 'pending', attempts: 0 }]),
    );
    line.restore();
    await eventually(() => expect(ofJob(id)).toHaveLength(1));
    await stopHub();
    await line.close();
  });

  it('declares the exchange as workers do, so that one that comes later can hear', async () => {
    const place = await createTestBroker();
    await startHub({ RABBITMQ_URL: place.url });
    const connection = await connect(place.url);
    connection.on('error', () => undefined);
    try {
      // A passive check needs it to be there; it fails, and takes the channel along, until Hub has declared it.
      await eventually(async () => {
        const channel = await connection.createChannel();
        channel.on('error', () => undefined);
        await channel.checkExchange('worker.commands');
      });
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      const asWorkers = { durable: false, autoDelete: false, internal: false };
      await expect(channel.assertExchange('worker.commands', 'fanout', asWorkers)).resolves.toBeDefined();
      // The check bites: declared in any other way it is refused.
      await expect(channel.assertExchange('worker.commands', 'fanout', { durable: true })).rejects.toThrow(
        'PRECONDITION_FAILED',
      );
    } finally {
      await connection.close();
      await stopHub();
      await place.drop();
    }
  });
});
