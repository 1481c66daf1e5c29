import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DatabaseError, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { getToKnow, queryPrepared } from './prepared';

declare const inTransaction: unique symbol;

/** An open transaction. Only {@link Transactions.run} makes one, so nothing can write beside it by mistake. */
export interface Tx {
  readonly [inTransaction]: true;
  /**
   * Runs one parameterised statement and returns its rows. Pass times as ISO text, never as Date.
   *
   * Statements that need nothing of each other's results may be asked for together: they go out at once and are run
   * in the order they were asked for.
   */
  query<R extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  /** Runs the last statement and commits, in one round trip. */
  queryAndCommit<R extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<R[]>;
}

export interface TransactionLimits {
  /** How long to wait for a row that somebody else holds, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** How long one statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
  /** How long the server keeps our locks when this process stops talking, in milliseconds. */
  readonly idleTimeoutMs: number;
}

const DEFAULT_LIMITS: TransactionLimits = { lockTimeoutMs: 5_000, statementTimeoutMs: 10_000, idleTimeoutMs: 15_000 };

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';
/** What {@link settingsStatement} made of limits. */
const statements = new WeakMap<TransactionLimits, string>();

/** Opens transactions; the one place that says BEGIN and COMMIT. */
@Injectable()
export class Transactions {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one READ COMMITTED transaction: commits when it resolves, rolls back when it throws.
   *
   * Settings hold for the transaction only, so this works behind PgBouncer in transaction mode (D8).
   * @throws whatever `work` throws, or the database's error.
   */
  async run<T>(work: (tx: Tx) => Promise<T>, limits: TransactionLimits = DEFAULT_LIMITS): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const open = new OpenTransaction((await runner.connect()) as PoolClient);
      try {
        await open.begin(limits);
        const result = await work(open);
        await open.commit();
        return result;
      } catch (error) {
        await open.abandon();
        throw error;
      }
    } finally {
      await runner.release();
    }
  }
}

class OpenTransaction implements Tx {
  declare readonly [inTransaction]: true;
  private begun: Promise<unknown> = Promise.resolve();
  private over = false;
  private committed = false;
  private connectionLost = false;

  constructor(private readonly client: PoolClient) {}

  /** Does not wait for BEGIN to be answered: the first statement goes out with it. */
  async begin(limits: TransactionLimits): Promise<void> {
    await this.watched(() => getToKnow(this.client));
    this.begun = Promise.all([
      this.send(BEGIN),
      this.watched(() => queryPrepared(this.client, settingsStatement(limits), [])),
    ]);
    this.begun.catch(() => undefined);
  }

  async query<R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    // The connection may be somebody else's by now: a statement would land in their transaction.
    if (this.over) throw new Error('This transaction is over. Await every query inside of Transactions.run().');
    const [, { rows }] = await Promise.all([
      this.begun,
      this.watched(() => queryPrepared<R>(this.client, sql, params)),
    ]);
    return rows;
  }

  async queryAndCommit<R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    const last = this.query<R>(sql, params);
    const committed = this.commit();
    // When the statement fails, so does the commit: its own error is the one to tell.
    committed.catch(() => undefined);
    const rows = await last;
    await committed;
    return rows;
  }

  async commit(): Promise<void> {
    if (this.committed) return;
    this.over = this.committed = true;
    const { command } = await this.send('COMMIT');
    // PostgreSQL answers COMMIT with ROLLBACK, and no error, when a statement failed before and nobody minded.
    if (command !== 'COMMIT') {
      throw new Error('Nothing was committed: a statement of this transaction failed and its error was swallowed.');
    }
  }

  /** Rolls back. A connection that cannot even do that is ended, and so leaves the pool when it is released. */
  async abandon(): Promise<void> {
    this.over = true;
    if (!this.connectionLost) await this.send('ROLLBACK').catch(() => undefined);
    if (this.connectionLost) void this.client.end().catch(() => undefined);
  }

  private send(sql: string): Promise<QueryResult> {
    return this.watched(() => this.client.query(sql));
  }

  private async watched<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      // Whatever the server did not say itself leaves the connection in doubt, a read timeout for example.
      this.connectionLost ||= !(error instanceof DatabaseError);
      throw error;
    }
  }
}

/**
 * The search path is pinned because a role named "hub" would find `hub.jobs` where `jobs` of the CI tables is meant.
 *
 * Plans are made once for each connection and never for one set of parameters: planning anew costs a lone message more
 * than running. A plan made while a table was still empty must do for a large one too, hence by index wherever there is
 * one, and joins row by row: the others read all of an index. The cost that a table scan then has on paper would have it
 * compiled, hence no JIT.
 */
function settingsStatement(limits: TransactionLimits): string {
  const known = statements.get(limits);
  if (known !== undefined) return known;
  const settings = {
    timezone: 'UTC',
    search_path: 'public',
    lock_timeout: limits.lockTimeoutMs,
    statement_timeout: limits.statementTimeoutMs,
    idle_in_transaction_session_timeout: limits.idleTimeoutMs,
    plan_cache_mode: 'force_generic_plan',
    enable_seqscan: 'off',
    enable_hashjoin: 'off',
    enable_mergejoin: 'off',
    enable_material: 'off',
    jit: 'off',
  };
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`);
  const statement = `SELECT ${calls.join(', ')}`;
  statements.set(limits, statement);
  return statement;
}
