import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { RejectedCommand } from '../contracts/command';
import type { RejectReason } from '../contracts/command';
import { classifyFailure } from '../database/errors';
import { StoppingError } from './batcher';

/**
 * The failure policy of the intake: the one place that says what becomes of a message that could not be applied.
 *
 * | failure | verdict |
 * |---|---|
 * | the message can never be applied ({@link RejectedCommand}) | park it, then ack |
 * | Hub is stopping, or gave it back during a long outage | leave it unacked: it goes back to the queue, for somebody else |
 * | the database is away or busy | hold it and try again, for as long as it takes |
 * | something nobody thought of | hold it and try again; after {@link MOST_UNEXPECTED} times park it as `failed`, then ack |
 * | parking fails | hold it and try to park again |
 *
 * Never requeued on failure: with a delivery limit the broker would throw it away within milliseconds.
 */
export type Verdict =
  | { readonly kind: 'park'; readonly reason: RejectReason; readonly detail: string }
  | { readonly kind: 'hold'; readonly why: 'database' | 'unexpected' }
  | { readonly kind: 'leave' };

/** Together about two minutes. */
export const MOST_UNEXPECTED = 20;
const SHORTEST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

/** @param unexpected how many unexpected failures this message has had, this one included */
export function judge(error: unknown, unexpected: number): Verdict {
  if (error instanceof RejectedCommand) return { kind: 'park', reason: error.reason, detail: error.message };
  if (error instanceof StoppingError) return { kind: 'leave' };
  if (classifyFailure(error) !== 'permanent') return { kind: 'hold', why: 'database' };
  if (unexpected < MOST_UNEXPECTED) return { kind: 'hold', why: 'unexpected' };
  return { kind: 'park', reason: 'failed', detail: `Failed ${unexpected} times, at last with: ${messageOf(error)}` };
}

/**
 * Milliseconds before the next try: doubling from 100 ms to 10 s, a fifth of it by chance.
 * @param failures how often it has failed, from 1
 * @param random from 0 to 1
 */
export function retryDelayMs(failures: number, random: number): number {
  const delay = Math.min(LONGEST_DELAY_MS, SHORTEST_DELAY_MS * 2 ** (failures - 1));
  return Math.round(delay * (0.8 + 0.2 * random));
}

/** What to do with the delivery now: `ack` it, or `leave` it: it goes back to the queue, for somebody else. */
export type Settlement = 'ack' | 'leave';

/** Applies one message, and parks it. */
export interface Attempt {
  /** How the message is called in logs. */
  readonly name: string;
  apply(): Promise<void>;
  park(reason: RejectReason, detail: string): Promise<void>;
}

/** Carries out the verdicts of {@link judge}. */
export class FailurePolicy {
  private readonly held = new Map<symbol, number>();

  constructor(
    private readonly log: Logger,
    private readonly onRetry: (name: string) => void = () => undefined,
    private readonly delayMs: (failures: number) => number = (failures) => retryDelayMs(failures, Math.random()),
  ) {}

  /** Since when (ms since 1970) the longest held message waits for the database; null when none does. */
  get heldSince(): number | null {
    return this.held.size === 0 ? null : Math.min(...this.held.values());
  }

  /**
   * Tries until the message is applied or parked.
   * @param signal aborts the waiting between two tries: the delivery was given back, or Hub is stopping
   */
  async run(attempt: Attempt, signal: AbortSignal): Promise<Settlement> {
    // Nearly all succeed at once; they shall not pay for what only the others need.
    try {
      await attempt.apply();
      return 'ack';
    } catch (error) {
      return this.retry(attempt, error, signal);
    }
  }

  private async retry(attempt: Attempt, firstFailure: unknown, signal: AbortSignal): Promise<Settlement> {
    const hold = Symbol(attempt.name);
    let step: Step = { what: 'applied', do: () => attempt.apply() };
    let error = firstFailure;
    let unexpected = 0;
    try {
      for (let failures = 1; ; failures++) {
        const verdict = step.what === 'parked' ? holdOn(error) : judge(error, ++unexpected);
        if (verdict.kind === 'leave' || signal.aborted) return 'leave';
        if (verdict.kind === 'park') {
          step = { what: 'parked', do: () => attempt.park(verdict.reason, verdict.detail) };
          failures = 0;
        } else {
          if (verdict.why === 'database') {
            unexpected = 0;
            if (!this.held.has(hold)) this.held.set(hold, Date.now());
          }
          this.tell(attempt.name, error, failures, step, verdict.why);
          this.onRetry(attempt.name);
          if (!(await this.waited(failures, signal))) return 'leave';
        }
        const failure = await failureOf(step);
        if (failure === null) return 'ack';
        error = failure.error;
      }
    } finally {
      this.held.delete(hold);
    }
  }

  private async waited(failures: number, signal: AbortSignal): Promise<boolean> {
    try {
      await wait(this.delayMs(failures), undefined, { signal });
      return true;
    } catch {
      return false;
    }
  }

  /** The first failure and then every tenth: an outage must not fill the log. */
  private tell(type: string, error: unknown, failures: number, step: Step, why: string): void {
    if (failures !== 1 && failures % 10 !== 0) return;
    this.log.warn({ err: error, type, failures, why }, `a message could not be ${step.what}: held and tried again`);
  }
}

interface Step {
  readonly what: 'applied' | 'parked';
  do(): Promise<void>;
}

async function failureOf(step: Step): Promise<{ readonly error: unknown } | null> {
  try {
    await step.do();
    return null;
  } catch (error) {
    return { error };
  }
}

type Hold = Extract<Verdict, { kind: 'hold' }>;

/** A message that cannot be parked is neither acked nor parked again: it is all there is. */
function holdOn(error: unknown): Hold {
  return { kind: 'hold', why: classifyFailure(error) === 'permanent' ? 'unexpected' : 'database' };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
