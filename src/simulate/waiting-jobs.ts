import type { SimJob } from './ledger';

/** A job on its way to a worker: what the queues `builds.*` hold, or the Job Board. */
export interface Handout {
  readonly job: SimJob;
  /** When the scheduler queued it, as Hub wrote it down. */
  readonly queuedAt: string;
}

/** The jobs that wait for a worker, first come, first served. Stands in for the queues that Hub has no part in. */
export class WaitingJobs {
  private readonly waiting: Handout[] = [];
  private readonly takers: ((handout: Handout) => void)[] = [];

  /** How many jobs nobody has taken yet. */
  get length(): number {
    return this.waiting.length;
  }

  offer(handout: Handout): void {
    const taker = this.takers.shift();
    if (taker) taker(handout);
    else this.waiting.push(handout);
  }

  /** The next job, as soon as there is one. @throws the signal's reason when it is aborted first */
  async take(signal: AbortSignal): Promise<Handout> {
    signal.throwIfAborted();
    const next = this.waiting.shift();
    if (next) return next;
    return new Promise((resolve, reject) => {
      const taker = (handout: Handout) => {
        signal.removeEventListener('abort', onAbort);
        resolve(handout);
      };
      const onAbort = () => {
        this.takers.splice(this.takers.indexOf(taker), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.takers.push(taker);
    });
  }
}
