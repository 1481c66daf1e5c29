import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DatabaseError, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { getToKnow, isOwn, queryPrepared, shouldReplan } from './prepared';
import { DEFAULT_LIMITS, QUICK_LIMITS, settingsOfTransaction, type TransactionLimits } from './settings';

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

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';

/** Opens transactions; the one place that says BEGIN and COMMIT. */
@Injectable()
export class Transactions {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one READ COMMITTED transaction: commits when it resolves, rolls back when it throws.
   *
   * Limits hold for the transaction only, and behind PgBouncer in transaction mode so do all settings (D8).
   * @throws whatever `work` throws, or the database's error.
   */
  run<T>(work: (tx: Tx) => Promise<T>, limits: TransactionLimits = DEFAULT_LIMITS): Promise<T> {
    return this.open(async (transaction) => {
      await transaction.begin(limits);
      const result = await work(transaction);
      await transaction.commit();
      return result;
    });
  }

  /**
   * Runs one statement as a transaction of its own, in one round trip, within {@link QUICK_LIMITS}.
   *
   * @throws the database's error
   */
  single<R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    return this.open((transaction) => transaction.single<R>(sql, params));
  }

  private async open<T>(use: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      const transaction = new OpenTransaction(client);
      try {
        return await use(transaction);
      } catch (error) {
        await transaction.abandon();
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
  private opened = false;
  private over = false;
  private committed = false;
  private connectionLost = false;

  constructor(private readonly client: PoolClient) {}

  /** Does not wait for BEGIN to be answered: the first statement goes out with it. */
  async begin(limits: TransactionLimits): Promise<void> {
    await this.prepare();
    const settings = settingsOfTransaction(limits, isOwn(this.client));
    this.opened = true;
    this.begun = Promise.all([
      this.send(BEGIN),
      settings === null ? undefined : this.watched(() => queryPrepared(this.client, settings, [])),
    ]);
    this.begun.catch(() => undefined);
  }

  /** The only statement: where the connection is settled for Hub, PostgreSQL's own transaction around it will do. */
  async single<R extends QueryResultRow>(sql: string, params: readonly unknown[]): Promise<R[]> {
    await this.prepare();
    if (!isOwn(this.client)) {
      await this.begin(QUICK_LIMITS);
      return this.queryAndCommit<R>(sql, params);
    }
    this.over = true;
    const { rows } = await this.watched(() => queryPrepared<R>(this.client, sql, params));
    return rows;
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
    if (this.opened && !this.connectionLost) await this.send('ROLLBACK').catch(() => undefined);
    if (this.connectionLost) void this.client.end().catch(() => undefined);
  }

  private async prepare(): Promise<void> {
    await this.watched(() => getToKnow(this.client));
    // Not waited for: when the connection breaks, what is sent after it says so.
    if (shouldReplan(this.client)) this.send('DISCARD PLANS').catch(() => undefined);
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
