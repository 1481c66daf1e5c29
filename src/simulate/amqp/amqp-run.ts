import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { scriptOf, type Script, type Step } from '../domain/script';
import { giveToAnother, inBackground } from '../fleet';
import type { SimJob } from '../ledger';
import type { Handout } from '../waiting-jobs';
import type { AmqpWorkPlace } from './amqp-work-place';
import { RunReports } from './run-reports';
import type { Session } from './session';

/** How long a worker whose job was canceled waits to be told, in milliseconds; Hub takes well under a second. */
const TOLD_WITHIN_MS = 15_000;
/** One job of so many is queued with the wish for a trace. */
const TRACED = 10;

/** What is done with the job when its run is over: the worker acks it, or the broker gives it to another one. */
export type RunEnd = 'acked' | 'redeliver';

/** One run of a job on a worker that reports over the broker. */
export class AmqpRun {
  private readonly job: SimJob;
  private readonly script: Script;
  private readonly reports: RunReports;
  private readonly canceled = new AbortController();

  constructor(
    private readonly place: AmqpWorkPlace,
    private readonly handout: Handout,
    private readonly session: Session,
  ) {
    this.job = handout.job;
    const { id, plan } = this.job;
    const run = ++this.job.runs;
    this.script = scriptOf(place.seed, plan, run);
    const facts = { jobId: id, uuid: randomUUID(), queuedAt: handout.queuedAt, trace: plan.index % TRACED === 0 };
    this.reports = new RunReports(place, this.job, run, session, facts);
  }

  /** @throws the stop signal's reason when the simulation is stopped */
  async play(): Promise<RunEnd> {
    const { session, job, script } = this;
    const stopListening = script.deaf ? null : session.onCancel(job.id, () => this.canceled.abort());
    try {
      return await this.sayAll();
    } catch (error) {
      this.place.signal.throwIfAborted();
      if ((error as Error).name !== 'AbortError') throw error;
      if (this.canceled.signal.aborted && !session.lost.aborted) return await this.end('cancelled');
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
      const say = this.reports.prepare(line);
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
    this.reports.say(step);
    return this.settle(step);
  }

  /** Waits for the confirms. Only when the end was heard is the job acked. */
  private async settle(step: Step): Promise<RunEnd> {
    if ((await this.reports.confirmed()) !== 'heard') return 'redeliver';
    if (step === 'reset') this.place.ledger.count('resets');
    if (this.script.again && step !== 'reset') {
      this.job.onceOver = () => this.redeliver();
    }
    return 'acked';
  }

  /** The worker is gone without a word. What was under way may come later, when another one has the job. */
  private async die(): Promise<RunEnd> {
    const { ghost } = this.script;
    this.place.ledger.count('died');
    await this.reports.confirmed();
    if (ghost !== null) {
      const speak = this.reports.prepareAsGhost(ghost.step);
      if (ghost.when === 'over') this.job.onceOver = speak;
      else this.job.ghost = speak;
    }
    return 'redeliver';
  }

  private letGhostSpeak(): void {
    const speak = this.job.ghost;
    this.job.ghost = null;
    // Only what is in the queue is sure to come first.
    if (speak) inBackground(this.place, this.reports.confirmed().then(speak));
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
