import request from 'supertest';
import type { App } from 'supertest/types';
import { bootstrap, type RunningHub } from '../../src/main';
import { createTestBroker, type TestBroker } from '../support/broker';
import { eventually } from '../support/eventually';
import { TcpProxy } from '../support/tcp-proxy';
import { createEmptyDatabase, type EmptyDatabase } from './empty-database';

/** Nothing listens on port 1, so a connection is refused at once. */
const NOWHERE = { DATABASE_URL: 'postgres://hub:leak@127.0.0.1:1/hub', RABBITMQ_URL: 'amqp://hub:leak@127.0.0.1:1' };
const BASE = { PORT: '0', HTTP_BASIC_AUTH: 'hub:pw', LOG_LEVEL: 'silent' };

interface Report {
  readonly code: number;
  readonly status: string;
  readonly details: Readonly<Record<string, { readonly status: string; readonly message?: string }>>;
}

async function probe(hub: RunningHub, name: 'live' | 'startup' | 'ready'): Promise<Report> {
  const response = await request(hub.app.getHttpServer()).get(`/health/${name}`);
  return { code: response.status, ...(response.body as Omit<Report, 'code'>) };
}

/** Waits until readiness says what is expected, with the last report in the message when it does not. */
function expectReadiness(hub: RunningHub, expected: object): Promise<void> {
  return eventually(async () => expect(await probe(hub, 'ready')).toMatchObject(expected), { timeoutMs: 15_000 });
}

const READY = {
  code: 200,
  status: 'ok',
  details: {
    process: { status: 'up' },
    database: { status: 'up' },
    migrations: { status: 'up' },
    rabbitmq: { status: 'up' },
  },
};
const NO_DATABASE = { code: 503, status: 'error', details: { database: { status: 'down' } } };
const NO_BROKER = { code: 200, status: 'degraded', details: { rabbitmq: { status: 'degraded' } } };
const ALIVE = { code: 200, status: 'ok' };

describe('with a database and a broker', () => {
  let database: EmptyDatabase;
  let broker: TestBroker;
  let databaseLine: TcpProxy;
  let brokerLine: TcpProxy;
  let hub: RunningHub;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    broker = await createTestBroker();
    databaseLine = await TcpProxy.start(database.config.url);
    brokerLine = await TcpProxy.start(broker.url);
    hub = await bootstrap({ ...BASE, DATABASE_URL: databaseLine.url, RABBITMQ_URL: brokerLine.url });
  });
  afterAll(async () => {
    databaseLine.restore();
    await hub.stop();
    await Promise.all([databaseLine.close(), brokerLine.close()]);
    await Promise.all([database.drop(), broker.drop()]);
  });
  beforeEach(() => expectReadiness(hub, READY));
  afterEach(() => {
    brokerLine.restore();
    databaseLine.restore();
  });

  it('becomes ready by itself on an empty database', async () => {
    expect(await probe(hub, 'live')).toMatchObject(ALIVE);
    expect(await probe(hub, 'startup')).toMatchObject(ALIVE);
  });

  it('stays ready but says degraded while the broker is away, and recovers by itself', async () => {
    brokerLine.cut();
    await expectReadiness(hub, NO_BROKER);
    brokerLine.restore();
    await expectReadiness(hub, READY);
  });

  it('is not ready but alive while the database is away, and recovers by itself', async () => {
    databaseLine.cut();
    await expectReadiness(hub, NO_DATABASE);
    expect(await probe(hub, 'live')).toMatchObject(ALIVE);
    expect(await probe(hub, 'startup')).toMatchObject(ALIVE);
    databaseLine.restore();
    await expectReadiness(hub, READY);
  });

  it('answers every probe within three seconds while the database hangs', async () => {
    databaseLine.hang();
    const timed = async () => {
      const begun = performance.now();
      const report = await probe(hub, 'ready');
      expect(performance.now() - begun).toBeLessThan(3_000);
      return report;
    };
    await eventually(async () => expect(await timed()).toMatchObject(NO_DATABASE));
    for (const report of await Promise.all(Array.from({ length: 20 }, timed))) {
      expect(report).toMatchObject(NO_DATABASE);
    }
    expect(await probe(hub, 'live')).toMatchObject(ALIVE);
    expect(databaseLine.connections).toBeLessThan(15);
    databaseLine.restore();
    await expectReadiness(hub, READY);
  });

  it('is not made unready by a newer migration that another version has run', async () => {
    await database.query(
      `INSERT INTO hub.migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`,
    );
    const older = await bootstrap({ ...BASE, DATABASE_URL: database.config.url });
    try {
      await expectReadiness(older, { code: 200, status: 'ok' });
    } finally {
      await older.stop();
    }
  });

  it('needs no credentials, and shows the consumer in the metrics', async () => {
    const response = await request(hub.app.getHttpServer() as App)
      .get('/metrics')
      .expect(200);
    expect(response.text).toMatch(/^hub_consumer_up 1$/m);
    expect(response.text).toMatch(/^hub_parked_messages 0$/m);
  });
});

describe('without any server', () => {
  it('boots, says what is missing without secrets, and stops', async () => {
    const hub = await bootstrap({ ...BASE, ...NOWHERE });
    try {
      expect(await probe(hub, 'live')).toMatchObject(ALIVE);
      expect(await probe(hub, 'startup')).toMatchObject(ALIVE);
      const report = await probe(hub, 'ready');
      expect(report).toMatchObject({
        ...NO_DATABASE,
        details: { migrations: { status: 'down' }, rabbitmq: { status: 'degraded' } },
      });
      expect(report.details.database?.message).toContain('ECONNREFUSED');
      expect(JSON.stringify(report)).not.toContain('leak');
      const metrics = await request(hub.app.getHttpServer() as App)
        .get('/metrics')
        .expect(200);
      expect(metrics.text).toMatch(/^hub_consumer_up 0$/m);
    } finally {
      await hub.stop();
    }
  });

  it('becomes ready once they are there', async () => {
    const database = await createEmptyDatabase();
    const line = await TcpProxy.start(database.config.url);
    line.cut();
    const hub = await bootstrap({ ...BASE, DATABASE_URL: line.url });
    try {
      await expectReadiness(hub, NO_DATABASE);
      line.restore();
      await expectReadiness(hub, { code: 200, status: 'ok', details: { rabbitmq: { status: 'up' } } });
    } finally {
      await hub.stop();
      await line.close();
      await database.drop();
    }
  });
});

describe('with migrations left to somebody else', () => {
  it('is not ready until they have run, and says so', async () => {
    const database = await createEmptyDatabase();
    const hub = await bootstrap({ ...BASE, DATABASE_URL: database.config.url, HUB_MIGRATE: 'false' });
    try {
      const message = expect.stringContaining('npm run migrate') as string;
      await expectReadiness(hub, {
        code: 503,
        details: { database: { status: 'up' }, migrations: { status: 'down', message } },
      });
    } finally {
      await hub.stop();
      await database.drop();
    }
  });
});
