import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { RejectedCommand, type Command, type Outcome } from '../contracts/command';
import { classifyFailure } from '../database/errors';
import { QUICK_LIMITS, type TransactionLimits } from '../database/settings';
import { logger } from '../logging';
import { batchDuration, batchSize } from '../metrics';
import type { CommandResult } from './apply-command';
import { BatchRunner } from './run-batch';

/** Why a command was given back without a result: this process takes no more work, another one will. */
export class StoppingError extends Error {
  constructor() {
    super('Hub is stopping or waiting for its database; send the command again later');
    this.name = 'StoppingError';
  }
}

interface Item {
  readonly command: Command;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** One by one nobody waits long: a row that is held only delays its own build. */
const SINGLE_LIMITS: TransactionLimits = { ...QUICK_LIMITS, lockTimeoutMs: 50 };
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const LOCKED_PAUSE_MS = 500;

const log = logger.child({ component: 'batcher' });

/**
 * Gathers what has arrived into one batch at a time (D1).
 *
 * While a batch is in the database the next one collects, so batches grow with the load and a lone command does not
 * wait. One batch in flight keeps the commands of a build in order; replicas compete at the build's row lock.
 */
@Injectable()
export class Batcher implements BeforeApplicationShutdown {
  private waiting: Item[] = [];
  /** What waits for a row that somebody holds, by what it is about: later commands about the same wait behind it. */
  private readonly held = new Map<string, Item[]>();
  private running: Promise<void> | null = null;
  private stopping = false;
  private givingBack = false;
  private hurrying = false;
  private troubled: number | null = null;

  constructor(
    private readonly runner: BatchRunner,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Since when the database has not answered, in ms since the epoch; null while it does. */
  get troubledSince(): number | null {
    return this.troubled;
  }

  /**
   * Applies a command; resolves after the commit.
   *
   * @throws RejectedCommand when no retry will mend it
   * @throws StoppingError when it was given back untouched
   * @throws the error of an in-transaction subscriber or a bug, after the command failed by itself
   */
  submit(command: Command): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.add({ command, resolve, reject });
    });
  }

  private get mayNotWait(): boolean {
    return this.stopping || this.hurrying || this.givingBack;
  }

  /** Gives everything back that has not been applied, so that it can be held elsewhere during a long outage. */
  giveBack(): void {
    this.givingBack = true;
    for (const item of this.waiting.splice(0)) item.reject(new StoppingError());
    if (!this.running) this.givingBack = false;
  }

  /** Still takes commands, but no longer waits for a database that is away: Hub is about to stop. */
  hurry(): void {
    this.hurrying = true;
  }

  /** After the intake has drained: what still comes in now is given back. */
  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /** Takes nothing new, finishes what is in hand if the database lets it, and gives the rest back. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private add(item: Item): void {
    if (this.stopping) {
      item.reject(new StoppingError());
      return;
    }
    this.waiting.push(item);
    this.running ??= this.drain();
  }

  private async drain(): Promise<void> {
    // Let the burst that woke us arrive as a whole.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.config.batch.size).filter((item) => !this.waitsBehind(item));
      if (batch.length > 0) await this.runUntilSettled(batch);
      // What comes now came after the outage: nobody would settle it if it were given back.
      this.givingBack = false;
    }
    this.running = null;
  }

  /** Puts a command behind an earlier one about the same, if that one is held. */
  private waitsBehind(item: Item): boolean {
    const held = this.held.get(subjectOf(item));
    held?.push(item);
    return held !== undefined;
  }

  private async runUntilSettled(arrived: readonly Item[]): Promise<void> {
    let batch = arrived;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.runOnce(batch, QUICK_LIMITS);
        this.recovered();
        return;
      } catch (error) {
        if (classifyFailure(error) !== 'transient') {
          this.recovered();
          await this.runSingly(batch, error);
          return;
        }
        this.noteTrouble(error);
        if (this.mayNotWait) {
          for (const item of batch) item.reject(new StoppingError());
          return;
        }
        batch = batch.map(perhapsApplied);
        await pause(attempt);
      }
    }
  }

  private async runOnce(batch: readonly Item[], limits: TransactionLimits): Promise<void> {
    const begun = process.hrtime.bigint();
    const results = await this.runner.run(
      batch.map((item) => item.command),
      limits,
    );
    batchSize.observe(batch.length);
    batchDuration.observe(Number(process.hrtime.bigint() - begun) / 1e9);
    // The next batch goes to the database first: while it is there, this one is acknowledged.
    setImmediate(() => batch.forEach((item, i) => settle(item, results[i])));
  }

  /** One command fails for good, or somebody holds a row: the others must not suffer for it. */
  private async runSingly(batch: readonly Item[], cause: unknown): Promise<void> {
    if (batch.length > 1)
      log.warn({ err: cause, size: batch.length }, 'a batch failed; its commands are run one by one');
    for (const item of batch) {
      if (this.waitsBehind(item)) continue;
      try {
        await this.runOnce([item], SINGLE_LIMITS);
      } catch (error) {
        const failure = classifyFailure(error);
        if (failure === 'permanent') item.reject(error);
        else if (this.mayNotWait) item.reject(new StoppingError());
        else this.putBack(item, failure === 'locked' ? LOCKED_PAUSE_MS : FIRST_PAUSE_MS);
      }
    }
  }

  private putBack(item: Item, afterMs: number): void {
    const subject = subjectOf(item);
    const held = [perhapsApplied(item)];
    this.held.set(subject, held);
    setTimeout(() => {
      this.held.delete(subject);
      for (const each of held) this.add(each);
    }, afterMs).unref();
  }

  private noteTrouble(error: unknown): void {
    if (this.troubled === null) {
      log.warn({ err: error }, 'the database does not take the batch; trying again until it does');
      this.troubled = Date.now();
    }
  }

  private recovered(): void {
    if (this.troubled === null) return;
    log.info({ outageMs: Date.now() - this.troubled }, 'the database takes batches again');
    this.troubled = null;
  }
}

function settle(item: Item, result: CommandResult | undefined): void {
  if (result === undefined) item.reject(new Error('the batch returned no result for this command'));
  else if (result instanceof RejectedCommand) item.reject(result);
  else item.resolve(result);
}

function subjectOf({ command }: Item): string {
  return `${command.subject} ${command.id}`;
}

/** The answer to a COMMIT may be lost although it was made: the next try must look whether the message is known. */
function perhapsApplied(item: Item): Item {
  const { message } = item.command;
  if (!message || message.redelivered) return item;
  return { ...item, command: { ...item.command, message: { ...message, redelivered: true } } };
}

/** Exponential with jitter, so that replicas do not come back in step. */
function pause(attempt: number): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
}
