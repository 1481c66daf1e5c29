import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { scriptOf, type Line, type Script, type Step } from '../domain/script';
import { giveToAnother, inBackground, type WorkPlace } from '../fleet';
import type { SimJob } from '../ledger';
import type { Handout } from '../waiting-jobs';
import { RunMessages, type WorkerMessage } from './messages';
import type { Published, Session } from './session';

/** How long a worker whose job was canceled waits to be told, in milliseconds; Hub takes well under a second. */
const TOLD_WITHIN_MS = 15_000;
/** Queued with the wish for a trace, of a hundred jobs. */
const TRACED_PERCENT = 10;

export interface AmqpWorkPlace extends WorkPlace {
  /** A connection that stands, for what comes after the run's own is gone. */
  anySession(): Promise<Session>;
}

/** What is done with the job when its run is over: the worker acks it, or the broker gives it to another one. */
export type RunEnd = 'acked' | 'redeliver';

/** One run of a job on a worker that reports over the broker. */
export class AmqpRun {
  private readonly job: SimJob;
  private readonly number: number;
  private readonly script: Script;
  private readonly messages: RunMessages;
  private readonly canceled = new AbortController();
  private readonly sent: Promise<Published>[] = [];

  constructor(
    private readonly place: AmqpWorkPlace,
    private readonly handout: Handout,
    private readonly session: Session,
  ) {
    this.job = handout.job;
    this.number = ++this.job.runs;
    this.script = scriptOf(place.seed, this.job.plan, this.number);
    const trace = (this.job.plan.index * 7) % 100 < TRACED_PERCENT;
    this.messages = new RunMessages({ jobId: this.job.id, uuid: randomUUID(), queuedAt: handout.queuedAt, trace });
  }

  /** @throws the stop signal's reason when the simulation is stopped */
  async play(): Promise<RunEnd> {
    const { session, job, script } = this;
    const stopListening = script.deaf ? null : session.onCancel(job.id, () => this.canceled.abort());
    try {
      return await this.sayAll();
    } catch (error) {
      this.place.signal.throwIfAborted();
      if (this.canceled.signal.aborted && !session.lost.aborted) return await this.end('cancelled');
      if (!session.lost.aborted) throw error;
      if (job.told === 'asked') job.told = 'not asked';
      return 'redeliver';
    } finally {
      stopListening?.();
    }
  }

  private async sayAll(): Promise<RunEnd> {
    const { lines, diesAfter, cutAt } = this.script;
    let held: (() => void) | null = null;
    for (const [i, line] of lines.entries()) {
      if (i === diesAfter) return this.die();
      await this.pause(line.afterMs);
      const say = this.prepare(line);
      if (line.behindNext) {
        this.place.ledger.count('swapped');
        held = say;
        continue;
      }
      say();
      held?.();
      held = null;
      // Some time between the writing of the frame and its confirm.
      if (i === cutAt) setImmediate(() => this.session.cut());
      if (line.step === 'receive') this.letGhostSpeak();
      if (line.step === 'start') await this.letPersonCancel();
      if (i === lines.length - 1) return this.settle(line.step);
    }
    throw new Error('a script ends with its last line');
  }

  /** Says that the run is over, whatever the script had in mind. */
  private async end(step: Step): Promise<RunEnd> {
    this.prepare({ step, lost: false, delayMs: 0, againMs: null })();
    return this.settle(step);
  }

  /** Waits for the confirms. Only when the end was heard is the job acked. */
  private async settle(step: Step): Promise<RunEnd> {
    const outcomes = await Promise.all(this.sent);
    if (outcomes.at(-1) !== 'heard') return 'redeliver';
    if (step === 'reset') this.place.ledger.count('resets');
    if (this.script.again && step !== 'reset') {
      this.job.onceOver = () => this.redeliver();
    }
    return 'acked';
  }

  /** Builds the message now, since the worker counts and dates it now, and returns how to send it. */
  private prepare({ step, lost, delayMs, againMs }: Pick<Line, 'step' | 'lost' | 'delayMs' | 'againMs'>): () => void {
    const { ledger } = this.place;
    const { message, count } = this.messages.next(step, new Date());
    return () => {
      if (lost) return ledger.count('lost');
      if (delayMs === 0) this.sent.push(this.publish(message, step, count));
      else this.later(delayMs, 'delayed', message, step, count);
      if (againMs !== null) this.later(againMs, 'repeated', message, step, count);
    };
  }

  private async publish(message: WorkerMessage, step: Step, count: number, session = this.session): Promise<Published> {
    if (session.lost.aborted) return 'not_sent';
    const act = this.place.ledger.said(this.job, step, this.number, count);
    this.place.progress.moved();
    const published = await session.publish(message);
    act.sure = published === 'heard';
    return published;
  }

  /** The run does not wait for it, but whoever looks after the job does. */
  private later(ms: number, how: 'delayed' | 'repeated', message: WorkerMessage, step: Step, count: number): void {
    const { ledger, signal } = this.place;
    ledger.hold(this.job);
    inBackground(
      this.place,
      delay(ms, undefined, { signal })
        .then(() => this.publish(message, step, count))
        .then((published) => {
          if (published === 'heard') ledger.count(how);
        })
        .finally(() => ledger.release(this.job)),
    );
  }

  /** The worker is gone without a word. What was under way may come later, when another one has the job. */
  private async die(): Promise<RunEnd> {
    const { ghost } = this.script;
    this.place.ledger.count('died');
    await Promise.all(this.sent);
    if (ghost !== null) {
      const { message, count } = this.messages.next(ghost.step, new Date());
      const speak = () => this.speakAsGhost(message, ghost.step, count);
      if (ghost.when === 'over') this.job.onceOver = speak;
      else this.job.ghost = speak;
    }
    return 'redeliver';
  }

  private letGhostSpeak(): void {
    const speak = this.job.ghost;
    this.job.ghost = null;
    // Only what is in the queue is sure to come first.
    if (speak) inBackground(this.place, Promise.all(this.sent).then(speak));
  }

  private speakAsGhost(message: WorkerMessage, step: Step, count: number): void {
    const { ledger } = this.place;
    ledger.hold(this.job);
    inBackground(
      this.place,
      this.place
        .anySession()
        .then((session) => this.publish(message, step, count, session))
        .then(() => ledger.count('from_old_runs'))
        .finally(() => ledger.release(this.job)),
    );
  }

  /** A person may have waited for the job to run, to cancel it: then it runs until the worker is told to stop. */
  private async letPersonCancel(): Promise<void> {
    const canceled = await this.place.people.watch(this.job, 'running');
    if (!canceled || this.script.deaf) return;
    this.job.told = 'asked';
    this.canceled.signal.addEventListener('abort', () => this.noteTold(), { once: true });
    if (this.canceled.signal.aborted) this.noteTold();
    await this.pause(TOLD_WITHIN_MS);
  }

  private noteTold(): void {
    this.job.told = 'told';
    this.place.ledger.count('told_to_stop');
  }

  private redeliver(): void {
    this.place.ledger.hold(this.job);
    giveToAnother(this.place, this.handout);
  }

  private async pause(ms: number): Promise<void> {
    const { canceled, session, place } = this;
    await delay(ms, undefined, { signal: AbortSignal.any([canceled.signal, session.lost, place.signal]) });
  }
}
