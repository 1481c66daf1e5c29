import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { RejectedCommand, type Command } from '../contracts/command';
import { QUICK_LIMITS, Transactions, type TransactionLimits } from '../database';
import { BatchRunner, ParkedReplay } from '../intake';
import type { DoctorSettings, Finding } from './check';
import { examine, type Scope } from './examination';
import { reconcileCommand } from './reconcile-command';

/** A look at whole tables takes its time, but holds nothing that anybody waits for. */
const LOOKING: TransactionLimits = { lockTimeoutMs: 1_000, statementTimeoutMs: 300_000, idleTimeoutMs: 60_000 };

/** What became of a finding that was to be mended. */
export type Cure =
  /** Mended, or somebody else had done so by then. */
  | { readonly kind: 'mended' }
  /** Only a person can mend it; the finding says how. */
  | { readonly kind: 'advice' }
  | { readonly kind: 'left'; readonly reason: string };

/**
 * Looks for rows that contradict each other and for what stands still, explains it, and mends it on the way of every
 * other change: under the lock of the build, with events, so that everybody hears of it.
 */
@Injectable()
export class Doctor {
  constructor(
    private readonly transactions: Transactions,
    private readonly runner: BatchRunner,
    private readonly replay: ParkedReplay,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Looks, and changes nothing.
   *
   * @param most findings of each check
   * @throws the database's error
   */
  examine(scope: Scope, most: number): Promise<readonly Finding[]> {
    return this.transactions.run((tx) => examine(tx, this.settings, { scope, most }), LOOKING);
  }

  /**
   * Mends what was found, after one more look at it under lock.
   *
   * @throws the database's error when it is away or somebody holds the rows; the same may work in a moment
   */
  async mend({ mend, buildId }: Finding): Promise<Cure> {
    switch (mend?.kind) {
      case undefined:
        return { kind: 'advice' };
      case 'command':
        return this.apply(mend.command);
      case 'reconcile': {
        const command = await this.transactions.run(
          (tx) => reconcileCommand(tx, this.settings, mend.buildId),
          QUICK_LIMITS,
        );
        return command ? this.apply(command) : { kind: 'mended' };
      }
      case 'statement':
        await this.transactions.run(async (tx) => {
          await tx.query('SELECT FROM builds WHERE id = $1 FOR NO KEY UPDATE', [buildId]);
          await tx.query(mend.sql, mend.parameters);
        }, QUICK_LIMITS);
        return { kind: 'mended' };
      case 'replay': {
        const replayed = await this.replay.replay(mend.parkedId);
        if (replayed.kind === 'applied') return { kind: 'mended' };
        return { kind: 'left', reason: replayed.kind === 'parked' ? replayed.detail : 'somebody else is at it' };
      }
    }
  }

  private get settings(): DoctorSettings {
    return { staleAfterMs: this.config.stale.afterMs };
  }

  private async apply(command: Command): Promise<Cure> {
    const [result] = await this.runner.run([command], QUICK_LIMITS);
    if (result instanceof RejectedCommand) return { kind: 'left', reason: result.message };
    if (result?.kind === 'changed') return { kind: 'mended' };
    return { kind: 'left', reason: `it has changed since: ${result?.reason ?? 'nothing was done'}` };
  }
}
