import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Client } from 'pg';
import { CONFIG, type Config } from '../config';

/** Below the three seconds that probes usually wait. */
const ANSWER_WITHIN_MS = 2_000;

/**
 * Asks the database whether it answers, on a connection of its own: a pool that is busy with work must not look like a
 * database that is away, and a database that hangs must not use the pool up with questions.
 */
@Injectable()
export class DatabasePing implements OnApplicationShutdown {
  private client: Client | null = null;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws when the database does not answer within two seconds. Not for concurrent use. */
  async ask(): Promise<void> {
    const client = (this.client ??= await this.connect());
    try {
      await client.query('SELECT 1');
    } catch (error) {
      this.forget(client);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.config.database.url,
      application_name: 'hub-probe',
      connectionTimeoutMillis: ANSWER_WITHIN_MS,
      query_timeout: ANSWER_WITHIN_MS,
    });
    // Without a listener a connection that breaks between two questions would end the process.
    client.on('error', () => this.forget(client));
    try {
      await client.connect();
    } catch (error) {
      this.forget(client);
      throw error;
    }
    return client;
  }

  private forget(client: Client): void {
    if (this.client === client) this.client = null;
    // end() waits politely for a server that may never answer; nobody waits for it.
    client.end().catch(() => undefined);
  }
}
