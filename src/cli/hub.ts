import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DatabaseError } from 'pg';
import { DataSource, QueryFailedError } from 'typeorm';
import { readBuildTimeline, readJob, readJobsOnInstance, readTimeline } from '../api';
import type { Config } from '../config';
import { checkSchema, classifyFailure, describeFailure, Transactions } from '../database';
import { DeliveryDesk } from '../deliveries';
import { Doctor } from '../doctor';
import { Batcher, ParkedMessages, ParkedReplay, StoppingError } from '../intake';
import { configureLogging, NestLogger } from '../logging';
import { CliModule } from './cli.module';

/** The parts of Hub that commands use, in this process. Commands reach them through this file, which is loaded late. */
export class Hub {
  readonly views = { readBuildTimeline, readJob, readJobsOnInstance, readTimeline };
  readonly parked: ParkedMessages;
  readonly replay: ParkedReplay;
  readonly deliveries: DeliveryDesk;
  readonly doctor: Doctor;
  readonly transactions: Transactions;

  private constructor(
    private readonly context: INestApplicationContext,
    /** Migrations that a newer version of Hub has run. */
    readonly newer: readonly string[],
  ) {
    this.parked = context.get(ParkedMessages, { strict: false });
    this.replay = context.get(ParkedReplay, { strict: false });
    this.deliveries = context.get(DeliveryDesk, { strict: false });
    this.doctor = context.get(Doctor, { strict: false });
    this.transactions = context.get(Transactions, { strict: false });
  }

  /**
   * Connects to the database that a Hub runs on; never migrates it.
   *
   * @param debug log to standard error
   * @throws Error that says what to do, when the database cannot be reached or is not one of this Hub
   */
  static async open(config: Config, debug: boolean): Promise<Hub> {
    configureLogging({ ...config.log, level: debug ? 'debug' : 'silent' }, 2);
    const context = await NestFactory.createApplicationContext(CliModule.forRoot(config), {
      logger: debug ? new NestLogger() : false,
      abortOnError: false,
    });
    try {
      const dataSource = context.get(DataSource);
      await connect(dataSource);
      // Nobody waits for the database for ever here: what it cannot take now is given back at once.
      context.get(Batcher, { strict: false }).hurry();
      return new Hub(context, await checkSchema(dataSource));
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /** The same may work in a moment: the database is away or busy, or somebody holds a row. */
  mayPass(error: unknown): boolean {
    return error instanceof StoppingError || classifyFailure(error) !== 'permanent';
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

class ConnectError extends Error {}

async function connect(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.initialize();
  } catch (error) {
    const why = describeFailure(error);
    throw new ConnectError(`Hub's database cannot be reached: ${why}. Check DATABASE_URL and the server.`, {
      cause: error,
    });
  }
}

/** What went wrong and what to do, in one sentence. */
export function explainFailure(error: unknown): string {
  if (error instanceof ConnectError) return error.message;
  const why = describeFailure(error);
  if (classifyFailure(error) !== 'permanent') return `The database is away or busy: ${why}. Try again.`;
  const refused = error instanceof DatabaseError || error instanceof QueryFailedError;
  return refused ? `The database refuses: ${why}. With --debug this says where.` : why;
}
