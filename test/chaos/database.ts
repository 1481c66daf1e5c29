import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool, type QueryResultRow } from 'pg';

const RETRY_MS = 150;
/** Errors that only say that the server is away, is stopping or was asked by a fault to give up. */
const AWAY = /^(08...|57P0.|57014|53300|40P01|40001|XX000)$/;

/** The harness's own way to the database: not through Hub's proxies, and patient while the server is away. */
export class Database {
  private readonly pool: Pool;

  constructor(
    readonly url: string,
    private readonly signal: AbortSignal,
  ) {
    this.pool = new Pool({ connectionString: url, max: 6, application_name: 'chaos', connectionTimeoutMillis: 3_000 });
    this.pool.on('error', () => undefined);
  }

  /** Runs one statement; while the server is away, again and again. It may therefore be carried out twice. */
  async query<R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    for (;;) {
      try {
        return (await this.pool.query<R>(sql, [...params])).rows;
      } catch (error) {
        this.signal.throwIfAborted();
        if (!isAway(error)) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  /** A connection of its own, for locks. @throws when the server is away */
  async session(): Promise<Client> {
    const client = new Client({ connectionString: this.url, application_name: 'chaos' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async end(): Promise<void> {
    await this.pool.end();
  }
}

function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return AWAY.test(code ?? '') || /ECONN|EPIPE|terminated|timeout|closed/i.test(`${code ?? ''} ${message ?? ''}`);
}
