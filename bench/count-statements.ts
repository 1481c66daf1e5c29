import { Client } from 'pg';
import { answerParent } from './child';

/**
 * Loaded before Hub (`node --require`): counts what Hub sends to PostgreSQL, so that src/ needs no counter for it. A
 * round trip is one statement; BEGIN with its settings goes out as one.
 */

export interface Counted {
  readonly statements: number;
  readonly commits: number;
}

let statements = 0;
let commits = 0;

/** The one argument we look at; the rest is none of our business. */
type Send = (this: Client, statement: unknown, ...rest: unknown[]) => unknown;
const prototype = Client.prototype as unknown as { query: Send };
const send = prototype.query;
prototype.query = function counted(statement, ...rest) {
  // BEGIN goes out with the statement that sets its limits.
  if (typeof statement !== 'string' || !statement.startsWith('BEGIN')) statements += 1;
  if (statement === 'COMMIT') commits += 1;
  return send.call(this, statement, ...rest);
};

answerParent({ counted: (): Counted => ({ statements, commits }) });
