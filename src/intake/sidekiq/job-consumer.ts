import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { redisLibrary } from '../../redis';
import { answered } from '../answered';
import type { Settlement } from '../failure-policy';
import type { Pausable } from '../outage-pause';
import { explainFailure } from './job-queue';
import type { JobQueue } from './job-queue';
import { JobsInHand } from './jobs-in-hand';
import { Rest } from './rest';

/** Handles one job; the signal aborts when waiting between two tries is of no use any more. */
export type JobHandler = (job: Buffer, signal: AbortSignal) => Promise<Settlement>;

/** What a turn has seen, for metrics. */
export interface Sight {
  readonly consuming: boolean;
  /** How many jobs wait in the queue; null when Redis does not tell. */
  readonly waiting: number | null;
}

/** Longest time between two turns while there is no room for more, or after a failure, in milliseconds. */
const PAUSE_MS = 1_000;
const FIRST_PAUSE_MS = 100;
/** Between two looks for dead processes, in milliseconds. */
const RECOVER_EVERY_MS = 5_000;

/**
 * Takes jobs from the queue as long as it is wanted: at most `prefetch` at a time, so that batches form.
 *
 * One loop does everything in turn: signs of life, jobs of the dead, jobs whose answer was lost on its way to us, new
 * jobs. A failure of Redis ends the turn; the next one starts over, and finds everything where it was.
 */
export class JobConsumer implements Pausable {
  private readonly stopped = new AbortController();
  /** Aborted when what is in hand need not be tried any more. */
  private trying = new AbortController();
  private readonly inHand: JobsInHand;
  private readonly rest = new Rest();
  private running: Promise<void> = Promise.resolve();
  private pausedBecause: string | null = null;
  private failure: unknown = null;
  private failures = 0;
  private working = false;
  private recoverAt = 0;

  constructor(
    private readonly queue: JobQueue,
    private readonly prefetch: number,
    private readonly handle: JobHandler,
    private readonly onSight: (sight: Sight) => void,
    private readonly log: Logger,
  ) {
    this.inHand = new JobsInHand(
      (job) => queue.remove(job),
      () => this.changed(),
    );
  }

  /** True while jobs are taken as they come. */
  get consuming(): boolean {
    return this.working && this.pausedBecause === null && !this.stopping;
  }

  /** Why no jobs are taken; null while they are, and before Redis has answered. */
  get degraded(): string | null {
    return this.pausedBecause ?? (this.failure === null ? null : explainFailure(this.failure));
  }

  private get stopping(): boolean {
    return this.stopped.signal.aborted;
  }

  start(): void {
    this.running = this.loop();
  }

  pause(because: string): Promise<void> {
    this.pausedBecause = because;
    this.abortTrying();
    return Promise.resolve();
  }

  resume(): void {
    this.pausedBecause = null;
    this.changed();
  }

  /**
   * Takes nothing more, waits for what is in hand, and gives the rest back to the queue.
   * @param timeoutMs how long to wait for the handlers, in milliseconds
   * @returns how many jobs were not done with in time
   */
  async drain(timeoutMs: number): Promise<number> {
    this.stopped.abort();
    this.rest.wake();
    this.queue.stopWaiting();
    this.abortTrying();
    const idle = new AbortController();
    await Promise.race([
      this.inHand.idle().then(() => idle.abort()),
      wait(timeoutMs, undefined, { signal: idle.signal }).catch(() => undefined),
    ]);
    const left = this.inHand.open;
    // When Redis does not answer, other replicas or the next start find what is in progress.
    await answered(this.running.then(() => this.giveBack()));
    return left;
  }

  private abortTrying(): void {
    this.trying.abort();
    this.trying = new AbortController();
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.look();
      } catch (error) {
        if (this.stopping) break;
        this.failed(error);
        await this.rest.sleep(Math.min(PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures++));
      }
    }
    this.working = false;
  }

  /** One turn. */
  private async look(): Promise<void> {
    this.rest.beginTurn();
    await this.inHand.removeDone();
    await this.recover();
    // The whole list goes back, so nothing else may be in it.
    if (this.inHand.left > 0 && this.inHand.left === this.inHand.size) await this.giveBack();

    const taking = this.pausedBecause === null && this.inHand.left === 0;
    const known = this.inHand.size;
    const room = taking ? Math.max(0, this.prefetch - known) : 0;
    const { held, waiting, jobs } = await this.queue.take(room);
    this.onSight({ consuming: taking, waiting });
    // What is in progress here but not in hand came with an answer that we never got.
    if (taking && held > known) await this.receiveStrays(jobs);
    for (const job of jobs) this.receive(job);
    if (this.queue.connected) this.succeeded();

    if (this.stopping) return;
    if (room === 0) await this.rest.unlessWoken(PAUSE_MS);
    else if (jobs.length === 0) await this.waitForOne();
  }

  private async waitForOne(): Promise<void> {
    const job = await this.queue.waitForOne();
    if (job) this.receive(job);
  }

  private async receiveStrays(taken: readonly Buffer[]): Promise<void> {
    const strays = await this.queue.strays([...this.inHand.jobs(), ...taken]);
    if (strays.length > 0) this.log.warn({ jobs: strays.length }, 'jobs whose delivery was interrupted are taken up');
    for (const job of strays) this.receive(job);
  }

  private async recover(): Promise<void> {
    if (performance.now() < this.recoverAt) return;
    for (const [process, jobs] of await this.queue.recover())
      this.log.warn({ process, jobs }, 'jobs that a dead process had in progress are back in the queue');
    this.recoverAt = performance.now() + RECOVER_EVERY_MS * (0.8 + 0.4 * Math.random());
  }

  private receive(job: Buffer): void {
    // It goes back with all that is in progress.
    if (this.stopping) return;
    // It came after the pause had begun, to a wait that had begun before.
    const goesBack = this.pausedBecause !== null;
    this.inHand.add(job, goesBack ? Promise.resolve('leave') : this.tryToHandle(job));
  }

  private async tryToHandle(job: Buffer): Promise<Settlement> {
    try {
      return await this.handle(job, this.trying.signal);
    } catch (error) {
      this.log.error({ err: error }, 'a job stays in progress because of a bug in the intake; please report it');
      throw error;
    }
  }

  private async giveBack(): Promise<void> {
    await this.inHand.removeDone();
    await this.queue.giveBack();
    this.inHand.forgetLeft();
  }

  /** There may be something to do. While Redis is away there is not, however many jobs are done with. */
  private changed(): void {
    if (this.failure === null) this.rest.wake();
  }

  private succeeded(): void {
    if (!this.working) this.log.info({ prefetch: this.prefetch }, 'taking jobs from Redis');
    this.working = true;
    this.failure = null;
    this.failures = 0;
  }

  /** One line when Redis refuses; that a connection is lost is told where connections are. */
  private failed(error: unknown): void {
    if (this.failure === null && error instanceof redisLibrary().ErrorReply)
      this.log.warn({ err: error }, `${explainFailure(error)} Trying again each second.`);
    this.working = false;
    this.failure = error;
    this.onSight({ consuming: false, waiting: null });
  }
}
