import type { QueryResultRow } from 'pg';
import type { Tx } from './transaction';

/**
 * Collects writes that do not read each other's results and sends them as one statement, in one round trip.
 *
 * All of them see the database as it was before the first: a write that must see another one's rows does not belong
 * into the same collection.
 */
export class Writes {
  private readonly statements: string[] = [];
  private readonly params: unknown[] = [];
  private answer = '1 AS nothing';

  /** Adds an INSERT, UPDATE or DELETE with parameters of its own, numbered from $1. */
  add(sql: string, params: readonly unknown[]): void {
    const offset = this.params.length;
    const renumbered = sql.replace(/\$(\d+)/g, (_, nth: string) => `$${Number(nth) + offset}`);
    this.statements.push(`w${this.statements.length} AS (${renumbered})`);
    this.params.push(...params);
  }

  /** Adds a write whose RETURNING rows {@link run} gives back; only one can have them. */
  addWithResult(sql: string, params: readonly unknown[]): void {
    this.answer = `* FROM w${this.statements.length}`;
    this.add(sql, params);
  }

  /** Writes everything; nothing is sent when there is nothing to write. */
  async run<R extends QueryResultRow>(tx: Tx): Promise<R[]> {
    return this.statements.length === 0 ? [] : tx.query<R>(this.sql(), this.params);
  }

  /** Writes everything and commits, in one round trip. */
  async runAndCommit<R extends QueryResultRow>(tx: Tx): Promise<R[]> {
    return this.statements.length === 0 ? [] : tx.queryAndCommit<R>(this.sql(), this.params);
  }

  private sql(): string {
    return `WITH ${this.statements.join(',\n')} SELECT ${this.answer}`;
  }
}
