import { Injectable, Module } from '@nestjs/common';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { InTransaction, type JobEvent } from '../../src/events';
import { bootstrap, type RunningHub } from '../../src/main';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { insertBuild } from '../support/rows';

const QUEUE = 'reporting.jobs.builds';
const sabotage = { failing: true, calls: 0 };

@Injectable()
class Saboteur {
  @InTransaction('job:finished')
  onFinished({ job }: JobEvent): void {
    sabotage.calls += 1;
    if (sabotage.failing) throw new Error(`sabotage of job ${job.id}`);
  }
}

@Module({ providers: [Saboteur] })
class SabotageModule {}

describe('an in-transaction subscriber that throws', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let hub: RunningHub;
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  beforeAll(async () => {
    database = await createTestDatabase();
    broker = await createTestBroker();
    hub = await bootstrap(
      {
        DATABASE_URL: database.url,
        RABBITMQ_URL: broker.url,
        HTTP_BASIC_AUTH: 'test:a-long-test-password',
        PORT: '0',
        LOG_LEVEL: 'silent',
      },
      { imports: [SabotageModule] },
    );
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
  });
  afterAll(async () => {
    await connection.close();
    await hub.stop();
    await broker.drop();
    await database.drop();
  });

  it('leaves no row changed and the message with the broker, and the message is applied once it no longer throws', async () => {
    const { jobIds, buildId } = await insertBuild(database, { jobs: 1 });
    const look = async () => ({
      rows: await database.query(
        `SELECT j.state AS job, b.state AS build, (SELECT count(*)::int FROM hub.events) AS events,
                (SELECT count(*)::int FROM queueable_jobs WHERE job_id = j.id) AS queueable
           FROM jobs j JOIN builds b ON b.id = j.source_id WHERE b.id = $1`,
        [buildId],
      ),
      ready: (await channel.checkQueue(QUEUE)).messageCount,
      parked: await database.query('SELECT reason FROM hub.parked_messages'),
    });

    channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify({ id: jobIds[0], state: 'passed' })), {
      type: 'job:test:finish',
    });
    await channel.waitForConfirms();
    await eventually(() => {
      expect(sabotage.calls).toBeGreaterThan(2);
    });
    // Neither ready nor parked: the broker still holds it for us, unacknowledged.
    expect(await look()).toEqual({
      rows: [{ job: 'created', build: 'created', events: 0, queueable: 1 }],
      ready: 0,
      parked: [],
    });
    const metrics = await (await fetch(`${hub.url}/metrics`)).text();
    expect(metrics).toMatch(/^hub_messages_in_flight 1$/m);

    sabotage.failing = false;
    await eventually(async () => {
      expect(await look()).toEqual({
        rows: [{ job: 'passed', build: 'passed', events: 2, queueable: 0 }],
        ready: 0,
        parked: [],
      });
    });
  });
});
