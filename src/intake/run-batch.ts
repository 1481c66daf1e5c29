import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../contracts/clock';
import type { Command } from '../contracts/command';
import type { LoggedEvent } from '../contracts/event';
import type { TransactionLimits } from '../database/settings';
import { Transactions, type Tx } from '../database/transaction';
import type { Writes } from '../database/writes';
import { DeliveryQueue, SideEffectLog } from '../deliveries';
import { EventBus, EventLog, type AppendedRow } from '../events';
import { faultPoint } from '../faults';
import { ConcurrentChange, load, prepareWrites, UnitOfWork } from '../unit-of-work';
import { CommandApplier, type CommandResult } from './apply-command';

/** What a batch left behind, to be told once it has committed. */
export interface BatchResult {
  readonly results: readonly CommandResult[];
  readonly events: readonly LoggedEvent[];
  /** Channels in which something waits to be delivered now. */
  readonly due: ReadonlySet<string>;
}

/** What a batch decided, before it is written. */
interface Decided {
  readonly uow: UnitOfWork;
  readonly results: readonly CommandResult[];
  readonly writes: Writes;
  readonly due: ReadonlySet<string>;
}

/** How often a batch starts over because a row changed under it, before the database is called busy. */
const MOST_RESTARTS = 10;

/** Carries a batch of commands through one transaction: lock and load, decide, write, commit (D1). */
@Injectable()
export class BatchRunner {
  constructor(
    private readonly transactions: Transactions,
    private readonly applier: CommandApplier,
    private readonly bus: EventBus,
    private readonly eventLog: EventLog,
    private readonly sideEffects: SideEffectLog,
    private readonly deliveries: DeliveryQueue,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Applies the commands in their order and commits. After-commit subscribers are told before it resolves.
   *
   * @returns one result per command, in the same order
   * @throws the database's error, or what an in-transaction subscriber threw; then nothing was changed
   */
  async run(commands: readonly Command[], limits?: TransactionLimits): Promise<readonly CommandResult[]> {
    const alsoLock = new Set<number>();
    for (let restarts = 0; ; restarts++) {
      try {
        const batch = await this.transactions.run(async (tx) => {
          const decided = await this.decide(tx, commands, alsoLock);
          faultPoint('before-commit');
          return this.resultOf(decided, await decided.writes.runAndCommit<AppendedRow>(tx));
        }, limits);
        faultPoint('after-commit');
        this.announce(batch);
        return batch.results;
      } catch (error) {
        if (!(error instanceof ConcurrentChange) || restarts === MOST_RESTARTS) throw error;
        for (const id of error.jobIds) alsoLock.add(id);
      }
    }
  }

  /**
   * Applies the commands inside a transaction of the caller's, who calls {@link announce} once it has committed.
   *
   * @throws ConcurrentChange when the caller has to start over
   */
  async applyIn(tx: Tx, commands: readonly Command[], alsoLock: ReadonlySet<number> = new Set()): Promise<BatchResult> {
    const decided = await this.decide(tx, commands, alsoLock);
    return this.resultOf(decided, await decided.writes.run<AppendedRow>(tx));
  }

  /** Tells after-commit subscribers what a committed batch did. */
  announce(batch: BatchResult): void {
    this.bus.committed(batch.events);
    if (batch.due.size > 0) this.deliveries.nudge(batch.due);
  }

  private async decide(tx: Tx, commands: readonly Command[], alsoLock: ReadonlySet<number>): Promise<Decided> {
    const uow = new UnitOfWork(this.clock.now());
    await load(tx, uow, commands, alsoLock);
    const results = commands.map((command) => this.applier.apply(uow, command));
    const writes = await prepareWrites(tx, uow);
    this.eventLog.append(writes, uow);
    const due = this.sideEffects.record(writes, uow.sideEffects);
    return { uow, results, writes, due };
  }

  private resultOf({ uow, results, due }: Decided, rows: readonly AppendedRow[]): BatchResult {
    return { results, events: this.eventLog.logged(uow, rows), due };
  }
}
