import { Client } from 'pg';
import { answerParent } from './child';

/**
 * Loaded before Hub (`node --require`): counts what Hub sends to PostgreSQL, so that src/ needs no counter for it. A
 * round trip is one statement; BEGIN goes out with the next. A statement outside of BEGIN and COMMIT is a transaction.
 */

export interface Counted {
  readonly statements: number;
  readonly commits: number;
}

let statements = 0;
let commits = 0;
/** Connections that are in a transaction. */
const begun = new WeakSet<object>();

/** The one argument we look at; the rest is none of our business. */
type Send = (this: Client, statement: unknown, ...rest: unknown[]) => unknown;
const prototype = Client.prototype as unknown as { query: Send };
const send = prototype.query;
prototype.query = function counted(statement, ...rest) {
  if (typeof statement === 'string' && statement.startsWith('BEGIN')) begun.add(this);
  else statements += 1;
  if (!begun.has(this) || statement === 'COMMIT') commits += 1;
  if (statement === 'COMMIT' || statement === 'ROLLBACK') begun.delete(this);
  return send.call(this, statement, ...rest);
};

answerParent({ counted: (): Counted => ({ statements, commits }) });
