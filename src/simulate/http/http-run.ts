import { setTimeout as delay } from 'node:timers/promises';
import { scriptOf, type Line, type Script, type Step } from '../domain/script';
import { inBackground, type WorkPlace } from '../fleet';
import type { SimJob } from '../ledger';
import { RunTimes } from '../run-times';
import type { Handout } from '../waiting-jobs';
import { patch, type Fate } from './patch';

/** Where and as whom workers report. */
export interface HttpWorkPlace extends WorkPlace {
  /** Hub's address, without a slash at the end. */
  readonly hubUrl: string;
  /** The Authorization header for reports about this job. */
  authorization(jobId: number): string;
}

/** What is done with the job when its run is over: it is off the Job Board, or given to another worker. */
export type RunEnd = 'deleted' | 'redeliver';

/** A request that is repeated sooner is repeated by a proxy on the way: the worker gets the answer to the second one. */
const PROXY_REPEATS_MS = 100;
const PLAIN: Fate = { delayMs: 0, breaks: null };

const NEW_STATES: Readonly<Record<Step, string>> = {
  receive: 'received',
  start: 'started',
  reset: 'created',
  passed: 'passed',
  failed: 'failed',
  errored: 'errored',
  cancelled: 'cancelled',
};

/** One run of a job on a worker of the Job Board, which reports over HTTP: every report once, whatever comes of it. */
export class HttpRun {
  private readonly job: SimJob;
  private readonly script: Script;
  private readonly times: RunTimes;
  private readonly authorization: string;
  private readonly url: URL;
  private current = 'queued';
  private count = 0;

  constructor(
    private readonly place: HttpWorkPlace,
    handout: Handout,
  ) {
    this.job = handout.job;
    this.script = scriptOf(place.seed, this.job.plan, ++this.job.runs);
    this.times = new RunTimes(handout.queuedAt);
    this.authorization = place.authorization(this.job.id);
    this.url = new URL(`${place.hubUrl}/jobs/${this.job.id}/state`);
  }

  /** @throws the stop signal's reason when the simulation is stopped */
  async play(): Promise<RunEnd> {
    const { claim } = this.job;
    try {
      return await this.sayAll(this.script.deaf ? null : claim.signal);
    } catch (error) {
      this.place.signal.throwIfAborted();
      if (!claim.signal.aborted) throw error;
      return this.cancelItself();
    }
  }

  private async sayAll(claim: AbortSignal | null): Promise<RunEnd> {
    const { lines, diesAfter, boardDown } = this.script;
    const signal = AbortSignal.any([this.place.signal, ...(claim ? [claim] : [])]);
    for (const [i, line] of lines.entries()) {
      if (i === diesAfter) {
        this.place.ledger.count('died');
        return 'redeliver';
      }
      await delay(line.afterMs, undefined, { signal });
      const last = i === lines.length - 1;
      // The job is deleted from the Job Board first; as long as that fails, Hub is not told.
      if (last && boardDown && line.step !== 'reset') {
        this.place.ledger.count('lost');
        return 'deleted';
      }
      const status = await this.say(line);
      if (last) this.noteEnd(line.step, status);
      // Somebody else must have the job.
      else if (status === 409) return this.cancelItself();
      if (line.step === 'start') await this.place.people.watch(this.job, 'running');
    }
    return 'deleted';
  }

  private noteEnd(step: Step, status: number | null): void {
    if (step === 'reset' && status === 200) this.place.ledger.count('resets');
  }

  private async cancelItself(): Promise<RunEnd> {
    await this.report('cancelled', this.bodyOf('cancelled'), PLAIN);
    return 'deleted';
  }

  /** @returns the answer that the worker gets; null when it gets none */
  private async say({ step, againMs, delayMs, breaks }: Line): Promise<number | null> {
    const body = this.bodyOf(step);
    if (delayMs > 0) this.place.ledger.count('delayed');
    const first = await this.report(step, body, { delayMs, breaks });
    if (againMs === null) return first;
    this.place.ledger.count('repeated');
    const second = delay(againMs, undefined, { signal: this.place.signal }).then(() => this.report(step, body, PLAIN));
    if (againMs < PROXY_REPEATS_MS) return second;
    this.place.ledger.hold(this.job);
    inBackground(
      this.place,
      second.finally(() => this.place.ledger.release(this.job)),
    );
    return first;
  }

  private async report(step: Step, body: string, fate: Fate): Promise<number | null> {
    const { ledger, progress } = this.place;
    if (fate.breaks !== null) ledger.count('broken_requests');
    // Half a request is not heard, so it is not said.
    const act = fate.breaks === 'half_way' ? null : ledger.requested(this.job, step, this.count);
    const sent = await patch({ url: this.url, authorization: this.authorization, body }, fate);
    progress.moved();
    if (act !== null) ledger.landed(act);
    if (sent.kind !== 'answered' || act === null) return null;
    // Hub could not tell: the database is away.
    if (sent.status === 503) return sent.status;
    act.sure = true;
    act.status = sent.status;
    if (sent.status === 409) ledger.count('answers_409');
    return sent.status;
  }

  /** The body as a worker of today writes it; the count grows with every attempt. */
  private bodyOf(step: Step): string {
    const state = NEW_STATES[step];
    const { received_at, started_at, ...others } = this.times.at(step, new Date());
    // Whoever gives a job back was never there.
    const mine = step === 'reset' ? {} : { ...(received_at && { received_at }), ...(started_at && { started_at }) };
    const cur = step === 'reset' ? 'queued' : this.current;
    this.current = state;
    this.count += 1;
    const meta = { state_update_count: this.count };
    return JSON.stringify({ id: this.job.id, state, cur, new: state, meta, ...others, ...mine });
  }
}
