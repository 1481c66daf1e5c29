import { connect } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually } from '../support';
import { services } from '../support/services';

describe('the test kit', () => {
  it('gives every test a migrated database of its own, with ids that start elsewhere', async () => {
    const databases = await Promise.all([createTestDatabase(), createTestDatabase()]);
    try {
      const ids = await Promise.all(
        databases.map(async (database) => {
          const [row] = await database.query<{ id: number }>(`SELECT nextval('public.shared_builds_tasks_seq') AS id`);
          expect(await database.query('SELECT FROM hub.events')).toEqual([]);
          return row?.id;
        }),
      );
      expect(new Set(ids).size).toBe(2);
    } finally {
      await Promise.all(databases.map((database) => database.drop()));
    }
  });

  it('gives a Travis database without anything of Hub in it when asked', async () => {
    const database = await createTestDatabase({ travis: true });
    try {
      expect(await database.query(`SELECT to_regnamespace('hub') AS hub`)).toEqual([{ hub: null }]);
      expect(await database.query('SELECT FROM public.jobs')).toEqual([]);
      expect(await database.query('SELECT FROM public.schema_migrations')).toHaveLength(1);
    } finally {
      await database.drop();
    }
  });

  it('drops a database although somebody is connected', async () => {
    const database = await createTestDatabase();
    await database.query('SELECT 1');
    await database.drop();
    const other = await createTestDatabase();
    try {
      const name = new URL(database.url).pathname.slice(1);
      expect(await other.query('SELECT FROM pg_database WHERE datname = $1', [name])).toEqual([]);
    } finally {
      await other.drop();
    }
  });

  it('gives every test a place on the broker where no messages of others are, if any can be made', async () => {
    const [one, two] = [await createTestBroker(), await createTestBroker()];
    const here = await connect(one.url);
    try {
      const channel = await here.createChannel();
      await channel.assertQueue('test-kit', { durable: false });
      expect(await hasQueue(two.url, 'test-kit')).toBe(services.rabbitmqAdmin === '');
      await channel.deleteQueue('test-kit');
    } finally {
      await here.close();
      await Promise.all([one.drop(), two.drop()]);
    }
  });

  it('counts the messages of a queue, those that a consumer holds included where the broker tells', async () => {
    const broker = await createTestBroker();
    const connection = await connect(broker.url);
    try {
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('test-kit', { durable: false });
      for (const text of ['held', 'ready']) channel.sendToQueue('test-kit', Buffer.from(text));
      await channel.waitForConfirms();
      expect(await channel.get('test-kit', { noAck: false })).toBeTruthy();
      await eventually(async () =>
        expect(await broker.messagesIn('test-kit')).toBe(services.rabbitmqAdmin === '' ? 1 : 2),
      );
      await channel.deleteQueue('test-kit');
    } finally {
      await connection.close();
      await broker.drop();
    }
  });

  it('waits for a condition and tells the last error when it never holds', async () => {
    let tries = 0;
    await expect(eventually(() => (++tries < 3 ? Promise.reject(new Error('not yet')) : tries))).resolves.toBe(3);
    await expect(eventually(() => Promise.reject(new Error('never')), { timeoutMs: 20 })).rejects.toThrow(
      'still so after 20 ms: never',
    );
  });
});

async function hasQueue(url: string, queue: string): Promise<boolean> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await channel.checkQueue(queue);
    return true;
  } catch (error) {
    if (/NOT_FOUND/.test(String(error))) return false;
    throw error;
  } finally {
    await connection.close();
  }
}
