import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { Transactions } from './transaction';

/** Runs single statements, each a transaction of its own in one round trip. */
@Injectable()
export class Statements {
  constructor(private readonly transactions: Transactions) {}

  /** @throws the database's error */
  run<R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    return this.transactions.single<R>(sql, params);
  }
}
