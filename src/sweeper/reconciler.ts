import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { DatabaseState, Transactions } from '../database';
import { Doctor, type Finding } from '../doctor';
import { logger } from '../logging';
import { doctorFindingsTotal } from '../metrics';
import { takeTurn, type SweepTurn } from './sweep-turns';

const SWEEP = 'doctor';
/** A little less than a turn takes, or a replica that is alone would come too early now and then and skip one. */
const DUE_AFTER = 0.9;
/** Other services write some things in steps: what is wrong only for so long is not wrong. */
const SECOND_LOOK_MS = 10_000;
/** Stale jobs have a sweep of their own. */
const LEFT_TO_OTHERS: ReadonlySet<string> = new Set(['job-stale']);

const log = logger.child({ component: 'doctor' });

/** What a pass did. */
export interface ReconcilerPass {
  /** The first one on a database only reports (ruling). */
  readonly first: boolean;
  readonly found: number;
  readonly mended: number;
  /** Only a person can mend them, or they have changed since, or failed and are tried again on the next turn. */
  readonly left: number;
}

/**
 * Has the doctor look at recent builds every few minutes, one replica at a time, and mend what is still wrong at a second
 * look. Builds of which Hub has told nothing are the past of an existing database and none of its business.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Public so that tests need not wait. */
  secondLookMs = SECOND_LOOK_MS;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly doctor: Doctor,
    private readonly transactions: Transactions,
    private readonly database: DatabaseState,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.doctor.everyMs > 0) this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * Makes a pass, if one is due.
   *
   * @returns null when another replica has made it lately
   * @throws the database's error when it does not answer
   */
  async runOnce(): Promise<ReconcilerPass | null> {
    const { everyMs, most } = this.config.doctor;
    const turn = await this.transactions.run((tx) => takeTurn(tx, SWEEP, everyMs * DUE_AFTER));
    if (!turn) return null;
    const findings = await this.findTwice(turn);
    for (const finding of findings) report(finding);
    if (turn.first) return { first: true, found: findings.length, mended: 0, left: findings.length };
    let mended = 0;
    for (const finding of findings.slice(0, most)) {
      if (this.stopping.signal.aborted) break;
      if (await this.mend(finding)) mended += 1;
    }
    return { first: false, found: findings.length, mended, left: findings.length - mended };
  }

  private async findTwice(turn: SweepTurn): Promise<readonly Finding[]> {
    const look = async () =>
      (await this.doctor.examine('recent', this.config.doctor.most)).filter(({ check }) => !LEFT_TO_OTHERS.has(check));
    const before = await look();
    if (before.length === 0 || turn.first) return before;
    await this.pause(this.secondLookMs);
    const still = new Set(before.map(identity));
    return (await look()).filter((finding) => still.has(identity(finding)));
  }

  private async mend(finding: Finding): Promise<boolean> {
    try {
      const cure = await this.doctor.mend(finding);
      doctorFindingsTotal.inc({ check: finding.check, outcome: cure.kind });
      return cure.kind === 'mended';
    } catch (error) {
      doctorFindingsTotal.inc({ check: finding.check, outcome: 'failed' });
      log.warn({ err: error, check: finding.check, build: finding.buildId }, 'this could not be mended yet');
      return false;
    }
  }

  private async loop(): Promise<void> {
    if (!(await this.database.becameReady())) return;
    for (;;) {
      // Not at boot, when there is enough to do.
      await this.pause(this.config.doctor.everyMs * (1 + Math.random() / 4));
      if (this.stopping.signal.aborted) return;
      try {
        const pass = await this.runOnce();
        if (pass && pass.found > 0) log.info(pass, 'looked for what is wrong among recent builds');
      } catch (error) {
        log.warn({ err: error }, 'the look for what is wrong waits for its next turn');
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
  }
}

function report({ check, buildId, jobId, text }: Finding): void {
  log.warn({ check, build: buildId, job: jobId }, text);
}

const identity = ({ check, buildId, jobId, text }: Finding) => `${check} ${buildId} ${jobId} ${text}`;
