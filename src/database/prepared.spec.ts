import type { PoolClient } from 'pg';
import { getToKnow, queryPrepared, shouldReplan } from './prepared';

/** A connection that remembers what was asked; `pid` is what the server says, `processID` what the client was told. */
class Connection {
  readonly asked: unknown[] = [];
  readonly settings: string[] = [];

  constructor(
    readonly processID: number,
    private readonly pid: number,
  ) {}

  query(text: unknown, values?: unknown[]): Promise<unknown> {
    if (typeof text === 'string' && text.includes('pg_backend_pid'))
      return Promise.resolve({ rows: [{ pid: this.pid }] });
    if (typeof text === 'string' && text.includes('set_config')) return Promise.resolve(this.settings.push(text));
    this.asked.push(values === undefined ? text : { text, values });
    return Promise.resolve({ rows: [] });
  }
}

async function ask(connection: Connection, text: string): Promise<void> {
  const client = connection as unknown as PoolClient;
  await getToKnow(client);
  await queryPrepared(client, text, [1]);
}

describe('a statement that comes again and again', () => {
  it('has a name of its own where the connection leads to the server itself', async () => {
    const connection = new Connection(7, 7);
    await ask(connection, 'SELECT $1::int');
    await ask(connection, 'SELECT $1::int');
    await ask(connection, 'SELECT $1::text');
    const [first, again, other] = connection.asked as { name: string; text: string }[];
    expect(first).toMatchObject({
      name: expect.stringMatching(/^hub_\d+$/) as string,
      text: 'SELECT $1::int',
      values: [1],
    });
    expect(again?.name).toBe(first?.name);
    expect(other?.name).not.toBe(first?.name);
    expect(connection.settings).toHaveLength(1);
  });

  it('has none behind a pooler, where the next one may go to another connection of the server', async () => {
    const connection = new Connection(7, 4711);
    await ask(connection, 'SELECT $1::int');
    expect(connection.settings).toEqual([]);
    expect(connection.asked).toEqual([{ text: 'SELECT $1::int', values: [1] }]);
  });
});

describe('the plans of a connection', () => {
  let now = 0;
  beforeEach(() => jest.spyOn(performance, 'now').mockImplementation(() => now));
  afterEach(() => jest.restoreAllMocks());

  async function connect(pid: number): Promise<PoolClient> {
    const client = new Connection(7, pid) as unknown as PoolClient;
    await getToKnow(client);
    return client;
  }

  it('are made anew after two seconds, then after twice as long each time, once a minute at last', async () => {
    const client = await connect(7);
    const times: number[] = [];
    for (now = 0; now <= 250_000; now += 1_000) if (shouldReplan(client)) times.push(now / 1_000);
    expect(times).toEqual([2, 6, 14, 30, 62, 122, 182, 242]);
  });

  it('are left alone behind a pooler, which keeps none for us', async () => {
    const client = await connect(4711);
    for (now = 0; now <= 10_000; now += 1_000) expect(shouldReplan(client)).toBe(false);
  });
});
