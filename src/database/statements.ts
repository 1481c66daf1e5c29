import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DatabaseError, type PoolClient, type QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { getToKnow, queryPrepared } from './prepared';

/**
 * Runs single statements, each a transaction of its own and one round trip instead of three.
 *
 * Settings of the session are whatever they are: name the schema of every table, and compute times in UTC.
 */
@Injectable()
export class Statements {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws the database's error */
  async run<R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      try {
        await getToKnow(client);
        return (await queryPrepared<R>(client, sql, params)).rows;
      } catch (error) {
        // As in a transaction: a connection that did not answer must not go back to the pool as if nothing were wrong.
        if (!(error instanceof DatabaseError)) void client.end().catch(() => undefined);
        throw error;
      }
    } finally {
      await runner.release();
    }
  }
}
