import { Client, type PoolClient } from 'pg';
import { isOwn } from '../../src/database/prepared';
import { SETTINGS_OF_CONNECTION } from '../../src/database/settings';

/** A statement that Hub sent, as it sent it the first time. */
export interface SentStatement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** What set up its connection and opened its transaction, with all settings; null when neither was done. */
  readonly begin: string | null;
}

type Query = (this: Client, statement: unknown, ...rest: unknown[]) => unknown;

const OVER = /^(COMMIT|ROLLBACK)\b/;
const SETTINGS = /^SELECT set_config\(/;
/** About the connection, not about rows. */
const NO_QUERY = [SETTINGS_OF_CONNECTION, 'DISCARD PLANS'];

/**
 * Notes what Hub sends to PostgreSQL from now on, so that tests see statements as they are, and new ones by themselves.
 *
 * Only Hub's own connections are listened to, known by their name, and no test's.
 */
export class SentStatements {
  private readonly known = new Map<string, SentStatement>();
  /** By connection: what opened the transaction that it is in. */
  private readonly open = new WeakMap<Client, string>();
  private stopListening: () => void = () => undefined;

  static listen(): SentStatements {
    const sent = new SentStatements();
    const prototype = Client.prototype as unknown as { query: Query };
    const { query } = prototype;
    prototype.query = function listening(statement, ...rest) {
      if (applicationOf(this) === 'hub') sent.note(this, statement, rest[0]);
      return query.call(this, statement, ...rest);
    };
    sent.stopListening = () => (prototype.query = query);
    return sent;
  }

  /** @returns each statement once, or twice when it is sent both in transactions and by itself */
  stop(): readonly SentStatement[] {
    this.stopListening();
    return [...this.known.values()];
  }

  private note(client: Client, statement: unknown, params: unknown): void {
    const { text, values } = readStatement(statement, params);
    const opened = this.open.get(client);
    // It may have been settled before we listened.
    const settled = isOwn(client as PoolClient);
    if (text.startsWith('BEGIN')) this.open.set(client, settled ? `${text}; ${SETTINGS_OF_CONNECTION}` : text);
    // What follows at once is what it is opened with.
    else if (SETTINGS.test(text) && opened !== undefined) this.open.set(client, `${opened}; ${text}`);
    else if (OVER.test(text)) this.open.delete(client);
    else if (!NO_QUERY.includes(text)) {
      const begin = opened ?? (settled ? `BEGIN; ${SETTINGS_OF_CONNECTION}` : null);
      const key = `${begin === null ? 'alone' : 'in a transaction'}: ${text}`;
      if (!this.known.has(key)) this.known.set(key, { text, values, begin });
    }
  }
}

/** A text with or without a list of values, or an object that holds both. */
function readStatement(statement: unknown, params: unknown): Pick<SentStatement, 'text' | 'values'> {
  const listed = Array.isArray(params) ? (params as unknown[]) : [];
  if (typeof statement === 'string') return { text: statement, values: listed };
  const { text, values } = statement as { text: string; values?: unknown[] };
  return { text, values: values ?? listed };
}

/** Declared by nobody, but there: node-pg reads it from the options and the environment. */
function applicationOf(client: Client): string | undefined {
  return (client as unknown as { connectionParameters: { application_name?: string } }).connectionParameters
    .application_name;
}
