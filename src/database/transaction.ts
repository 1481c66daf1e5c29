import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';

declare const inTransaction: unique symbol;

/** An open transaction. Only {@link Transactions.run} makes one, so nothing can write beside it by mistake. */
export interface Tx {
  readonly [inTransaction]: true;
  /** Runs one parameterised statement and returns its rows. Pass times as ISO text, never as Date. */
  query<R extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<R[]>;
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

/** Opens transactions; the one place that says BEGIN and COMMIT. */
@Injectable()
export class Transactions {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * Runs `work` in one READ COMMITTED transaction: commits when it resolves, rolls back when it throws.
   *
   * Settings are `SET LOCAL`, so this works behind PgBouncer in transaction mode (D8).
   * @throws whatever `work` throws, or the database's error.
   */
  async run<T>(work: (tx: Tx) => Promise<T>, limits: TransactionLimits = DEFAULT_LIMITS): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      await client.query(beginStatement(limits));
      try {
        const result = await work(asTx(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // A connection that cannot even roll back must not be used again: ended clients leave the pool on release.
        await client.query('ROLLBACK').catch(() => client.end());
        throw error;
      }
    } finally {
      await runner.release();
    }
  }
}

/** The search path is pinned because a role named "hub" would find `hub.jobs` where `jobs` of the CI tables is meant. */
function beginStatement(limits: TransactionLimits): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL timezone = 'UTC';
    SET LOCAL search_path = public;
    SET LOCAL lock_timeout = ${limits.lockTimeoutMs};
    SET LOCAL statement_timeout = ${limits.statementTimeoutMs};
    SET LOCAL idle_in_transaction_session_timeout = ${limits.idleTimeoutMs}`;
}

function asTx(client: PoolClient): Tx {
  const query = async <R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> => {
    const result = await client.query<R>(sql, params as unknown[]);
    return result.rows;
  };
  return { query } as Tx;
}
