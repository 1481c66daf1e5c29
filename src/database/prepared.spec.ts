import type { PoolClient } from 'pg';
import { getToKnow, queryPrepared } from './prepared';

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
