import { giveToAnother, type Fleet } from '../fleet';
import { HttpRun, type HttpWorkPlace } from './http-run';
import { closeConnections } from './patch';

/** Workers that take jobs from a Job Board and report over HTTP. */
export class HttpFleet implements Fleet {
  constructor(private readonly place: HttpWorkPlace) {}

  start(): Promise<void> {
    return Promise.resolve();
  }

  async work(): Promise<void> {
    const { waiting, signal, ledger } = this.place;
    for (;;) {
      const handout = await waiting.take(signal);
      const { job } = handout;
      // Canceled jobs are off the Job Board before anybody takes them.
      const gone = job.claim.signal.aborted;
      if (!gone && (await new HttpRun(this.place, handout).play()) === 'redeliver') giveToAnother(this.place, handout);
      else ledger.release(job);
    }
  }

  /** Answered is committed. */
  isDrained(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    closeConnections();
    return Promise.resolve();
  }
}
