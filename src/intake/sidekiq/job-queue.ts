import { redisLibrary, type RedisClient } from '../../redis';
import { GIVE_BACK, RECOVER, TAKE } from './scripts';

/** Sidekiq's own name for the queue `hub`: senders put jobs to its left end. */
export const QUEUE = 'queue:hub';
/** Who has jobs in progress, and when each was last heard of: a sorted set by seconds. */
export const PROCESSES = 'hub:in-progress';

export interface QueueTimes {
  /** A process that was not heard of for so long is taken for dead, in seconds. */
  readonly deadAfterS: number;
  /** How long its list is looked after, for what a dying connection may still move there, in seconds. */
  readonly forgottenAfterS: number;
  /** Longest wait for a job, in seconds. Also the pause between two signs of life of an idle process. */
  readonly waitS: number;
}

export const QUEUE_TIMES: QueueTimes = { deadAfterS: 15, forgottenAfterS: 3_600, waitS: 2 };

/** What one look at the queue gives. */
export interface Taken {
  /** How many jobs were in progress here before this look. */
  readonly held: number;
  /** How many wait in the queue after it. */
  readonly waiting: number;
  /** Oldest first. */
  readonly jobs: readonly Buffer[];
}

/**
 * The queue in Redis, read so that a crash loses nothing: a job is moved to a list of its process, and removed from
 * there only once it is done with. What a process leaves behind goes back to the queue. Needs Redis 6.2 (LMOVE).
 *
 * Every method throws what Redis or the connection throws; nothing is lost by that.
 */
export class JobQueue {
  private readonly own: string;
  private readonly bytes = { [redisLibrary().RESP_TYPES.BLOB_STRING]: Buffer } as const;

  /**
   * @param process a name that no other process has, nor had
   * @param blocking a connection that nothing else uses
   */
  constructor(
    private readonly process: string,
    private readonly client: RedisClient,
    private readonly blocking: RedisClient,
    private readonly times: QueueTimes = QUEUE_TIMES,
  ) {
    this.own = listOf(process);
  }

  /** True while both connections are there. */
  get connected(): boolean {
    return this.client.isReady && this.blocking.isReady;
  }

  /** Gives a sign of life and takes up to `room` jobs. */
  async take(room: number): Promise<Taken> {
    const reply = await this.client
      .withTypeMapping(this.bytes)
      .eval(TAKE, { keys: [QUEUE, this.own, PROCESSES], arguments: [this.process, String(room)] });
    const [held, waiting, jobs] = reply as unknown as [number, number, Buffer[]];
    return { held, waiting, jobs };
  }

  /** Waits for a job and takes it; null when none comes in time. */
  async waitForOne(): Promise<Buffer | null> {
    return this.blocking.withTypeMapping(this.bytes).blMove(QUEUE, this.own, 'RIGHT', 'LEFT', this.times.waitS);
  }

  /** Ends {@link waitForOne}, for good. */
  stopWaiting(): void {
    this.blocking.destroy();
  }

  /** What is in progress here and not among the known jobs, oldest first. */
  async strays(known: readonly Buffer[]): Promise<readonly Buffer[]> {
    const jobs = await this.client.withTypeMapping(this.bytes).lRange(this.own, 0, -1);
    return without(jobs.reverse(), known);
  }

  /** The job is done with. */
  async remove(job: Buffer): Promise<void> {
    // From the right, where the oldest are: most jobs are done with in the order in which they came.
    await this.client.lRem(this.own, -1, job);
  }

  /** Puts everything in progress here back to the front of the queue, in its order. */
  async giveBack(): Promise<void> {
    await this.client.eval(GIVE_BACK, { keys: [this.own, QUEUE] });
  }

  /**
   * Puts back what dead processes had in progress, each job once, however many replicas look.
   * @returns how many jobs, by process
   */
  async recover(): Promise<ReadonlyMap<string, number>> {
    const recovered = new Map<string, number>();
    const limits = [String(this.times.deadAfterS), String(this.times.forgottenAfterS)];
    for (const process of await this.client.zRange(PROCESSES, 0, -1)) {
      if (process === this.process) continue;
      const keys = [listOf(process), QUEUE, PROCESSES];
      const jobs = Number(await this.client.eval(RECOVER, { keys, arguments: [process, ...limits] }));
      if (jobs > 0) recovered.set(process, jobs);
    }
    return recovered;
  }
}

function listOf(process: string): string {
  return `${PROCESSES}:${process}`;
}

/** The jobs that are not among the known ones; of equal ones, as many as are known are left out. */
function without(jobs: readonly Buffer[], known: readonly Buffer[]): readonly Buffer[] {
  const counts = new Map<string, number>();
  const key = (job: Buffer): string => job.toString('latin1');
  for (const job of known) counts.set(key(job), (counts.get(key(job)) ?? 0) + 1);
  return jobs.filter((job) => {
    const count = counts.get(key(job)) ?? 0;
    counts.set(key(job), count - 1);
    return count <= 0;
  });
}

/** Redis' own words, and what to do where they do not say it. */
export function explainFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /unknown redis command|unknown command/i.test(text)
    ? `This Redis is too old: Hub needs 6.2 or later to take jobs without losing any (${text}).`
    : `Jobs cannot be taken from Redis: ${text}.`;
}
