import { setTimeout as delay } from 'node:timers/promises';
import type { Line, Step } from '../domain/script';
import { inBackground } from '../fleet';
import type { SimJob } from '../ledger';
import type { AmqpWorkPlace } from './amqp-work-place';
import { RunMessages, type RunFacts, type WorkerMessage } from './messages';
import type { Published, Session } from './session';

type Manner = Pick<Line, 'step' | 'lost' | 'delayMs' | 'againMs'>;
const PLAINLY = { lost: false, delayMs: 0, againMs: null };

/** What one run reports, and what is known of whether it was heard. */
export class RunReports {
  private readonly messages: RunMessages;
  private readonly sent: Promise<Published>[] = [];

  constructor(
    private readonly place: AmqpWorkPlace,
    private readonly job: SimJob,
    /** Which run of the job it is, from 1. */
    private readonly run: number,
    private readonly session: Session,
    facts: RunFacts,
  ) {
    this.messages = new RunMessages(facts);
  }

  /** Writes a report now, since the worker counts and dates it now, and returns how to send it. */
  prepare({ step, lost, delayMs, againMs }: Manner): () => void {
    const { ledger } = this.place;
    const { message, count } = this.messages.next(step, new Date());
    return () => {
      if (lost) return ledger.count('lost');
      if (delayMs === 0) this.sent.push(this.publish(message, step, count));
      else this.later(delayMs, 'delayed', message, step, count);
      if (againMs !== null) this.later(againMs, 'repeated', message, step, count);
    };
  }

  say(step: Step): void {
    this.prepare({ step, ...PLAINLY })();
  }

  /** Waits until the broker has confirmed what was sent. @returns what became of the last report */
  async confirmed(): Promise<Published> {
    return (await Promise.all(this.sent)).at(-1) ?? 'not_sent';
  }

  /** Writes a report that only comes out when the run is long dead, over another connection; returns how to send it. */
  prepareAsGhost(step: Step): () => void {
    const { place } = this;
    const { message, count } = this.messages.next(step, new Date());
    return () => {
      const spoken = place.anySession().then((session) => this.publish(message, step, count, session));
      this.heldUntil(spoken.then(() => place.ledger.count('from_old_runs')));
    };
  }

  private async publish(message: WorkerMessage, step: Step, count: number, session = this.session): Promise<Published> {
    if (session.lost.aborted) return 'not_sent';
    const act = this.place.ledger.said(this.job, step, this.run, count);
    this.place.progress.moved();
    const published = await session.publish(message);
    act.sure = published === 'heard';
    return published;
  }

  private later(ms: number, how: 'delayed' | 'repeated', message: WorkerMessage, step: Step, count: number): void {
    const { ledger, signal } = this.place;
    const published = delay(ms, undefined, { signal }).then(() => this.publish(message, step, count));
    this.heldUntil(published.then((outcome) => outcome === 'heard' && ledger.count(how)));
  }

  /** The run does not wait for it, but whoever looks after the job does. */
  private heldUntil(work: Promise<unknown>): void {
    const { ledger } = this.place;
    ledger.hold(this.job);
    inBackground(
      this.place,
      work.finally(() => ledger.release(this.job)),
    );
  }
}
