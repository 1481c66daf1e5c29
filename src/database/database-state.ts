import { setTimeout as delay } from 'node:timers/promises';

import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

import { CONFIG, type Config } from '../config';
import { logger } from '../logging';
import { describeFailure } from './errors';
import { isTravisDatabase } from './existing-schema';
import { migrate, pendingMigrations } from './migrate';
import { requireCiColumns } from './missing-columns';

const RETRY_MS = 1_000;
const STOP_WITHIN_MS = 5_000;
const log = logger.child({ component: 'database' });

/** Hub is stopping and the database never became ready. */
export class DatabaseNeverReadyError extends Error {
  constructor() {
    super('Hub is stopping before the database was ready.');
    this.name = 'DatabaseNeverReadyError';
  }
}

/**
 * Connects and migrates in the background, so that Hub boots and answers probes while the database is away.
 *
 * `ready` says that this happened once, not that the database answers now: health asks the database itself.
 */
@Injectable()
export class DatabaseState implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  /** No migration of this version is pending. */
  migrated = false;
  /** Connected and migrated: everything may use the database. */
  ready = false;
  /** An existing Travis installation owns schema `public`. Meaningful once ready. */
  travis = false;
  /** Why the database is not ready, in words without secrets; null when it is. */
  problem: string | null = 'not tried yet';

  private readonly stopping = new AbortController();
  private readonly readiness: Promise<void>;
  private settle!: { readonly resolve: () => void; readonly reject: (error: Error) => void };
  private work: Promise<void> = Promise.resolve();
  private readonly reported = new Set<string>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.readiness = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // Nobody may be waiting when Hub stops.
    this.readiness.catch(() => undefined);
  }

  /** @throws DatabaseNeverReadyError when Hub stops first. */
  waitUntilReady(): Promise<void> {
    return this.readiness;
  }

  /** For loops that work once the database is ready: false when Hub stops first. */
  async becameReady(): Promise<boolean> {
    try {
      await this.readiness;
      return true;
    } catch {
      return false;
    }
  }

  onApplicationBootstrap(): void {
    this.work = this.prepareUntilReady();
  }

  /** In the first phase of a stop: in the second, loops that still wait for the database could not end otherwise. */
  onModuleDestroy(): void {
    this.stopping.abort();
    this.settle.reject(new DatabaseNeverReadyError());
  }

  /** A server that hangs must not hold up the stop; what it was asked to migrate is rolled back when we are gone. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.race([this.work, delay(STOP_WITHIN_MS, undefined, { ref: false })]);
  }

  private async prepareUntilReady(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.prepare();
        return;
      } catch (error) {
        this.report(error);
      }
      await delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async prepare(): Promise<void> {
    if (!this.dataSource.isInitialized) await this.dataSource.initialize();
    this.travis = await isTravisDatabase((sql, params) => this.dataSource.query(sql, params));
    const done = await this.bringUpToDate();
    await requireCiColumns(this.dataSource);
    this.migrated = true;
    this.ready = true;
    this.problem = null;
    log.info({ migrations: done, travis: this.travis }, 'The database is ready.');
    this.settle.resolve();
  }

  /** @returns names of the migrations that ran. */
  private async bringUpToDate(): Promise<string[]> {
    const { database } = this.config;
    if (database.migrate !== false) return (await migrate(database)).map(({ name }) => name);
    const pending = await pendingMigrations(database);
    if (pending.length > 0) {
      throw new Error(
        `HUB_MIGRATE is off and these migrations have not run: ${pending.join(', ')}. Run: npm run migrate`,
      );
    }
    return [];
  }

  /** Once per kind of trouble: an outage of an hour is one line, not 3600. */
  private report(error: unknown): void {
    this.problem = describeFailure(error);
    if (this.reported.has(this.problem)) return;
    this.reported.add(this.problem);
    log.error({ problem: this.problem }, 'The database is not ready; trying again every second.');
  }
}
