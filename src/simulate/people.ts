import { isFinished } from '../contracts/states';
import type { HubApi } from './hub-api';
import type { Ledger, SimBuild, SimJob } from './ledger';
import type { Progress } from './progress';

/** The people who cancel and restart over the API, as the plan has them. */
export class People {
  constructor(
    private readonly api: HubApi,
    private readonly ledger: Ledger,
    private readonly progress: Progress,
  ) {}

  /**
   * A job waits for a worker, or has just started to run: the person who was waiting for that cancels.
   *
   * @returns whether the job was canceled, so that its worker has to stop
   */
  async watch(job: SimJob, moment: 'waiting' | 'running'): Promise<boolean> {
    const { build } = job;
    const person = build.plan.person;
    if (!build.personIsDue || person?.when !== moment || build.jobs[person.job] !== job) return false;
    build.personIsDue = false;
    this.ledger.hold(job);
    try {
      return await this.cancel(job, person.act === 'cancel_build');
    } finally {
      this.ledger.release(job);
    }
  }

  private async cancel(job: SimJob, whole: boolean): Promise<boolean> {
    const { build } = job;
    const open = whole ? build.jobs.filter(({ seen }) => !isFinished(seen)) : [job];
    for (const one of open) this.ledger.calling(one);
    const { status } = await this.api.command(
      whole ? 'builds' : 'jobs',
      whole ? build.id : job.id,
      'cancel',
      'Canceled by a person of the simulation',
    );
    for (const one of open) this.ledger.called(one, whole ? 'cancel_build' : 'cancel', status);
    this.ledger.count('cancels');
    this.progress.moved();
    // Hub deletes canceled jobs from the Job Board, where their workers miss them.
    if (status === 200) for (const one of open) one.claim.abort();
    return status === 200;
  }

  /** The build is over: the person who is not content with it has a job or all of it run again. */
  async restart(build: SimBuild): Promise<void> {
    build.personIsDue = false;
    const { person } = build.plan;
    if (person?.when !== 'over') return;
    const one = build.jobs[person.job];
    if (person.act === 'restart_job' && one) return this.restartJob(one);
    const { status } = await this.api.command('builds', build.id, 'restart', 'Once more, please');
    for (const job of build.jobs) this.noteRestart(job, 'restart_build', status);
    this.ledger.count('restarts');
  }

  /** Has a job run again, whatever state it is in. */
  async restartJob(job: SimJob): Promise<void> {
    const { status } = await this.api.command('jobs', job.id, 'restart', 'Once more, please');
    this.noteRestart(job, 'restart', status);
    this.ledger.count('restarts');
  }

  private noteRestart(job: SimJob, call: 'restart' | 'restart_build', status: number | undefined): void {
    this.ledger.called(job, call, status);
    job.seen = 'created';
    this.progress.moved();
  }
}
