import type { Step, Traffic, TrafficBuild } from './traffic';

/** What must come out of traffic. Independent of src/ on purpose: this is the model that Hub is compared with. */
export interface Expectation {
  readonly builds: readonly string[];
  /** By build, then by job. */
  readonly jobs: readonly (readonly string[])[];
  readonly stages: readonly (readonly string[])[];
  /** How often each event happens when messages are applied in the order they were sent. */
  readonly events: ReadonlyMap<string, number>;
}

/** The events that the webhook of every build is told of. */
export const TOLD = ['build:started', 'build:finished', 'build:canceled'] as const;

const RESULTS: Readonly<Partial<Record<Step, string>>> = {
  passed: 'passed',
  failed: 'failed',
  errored: 'errored',
  cancelled: 'canceled',
};
const WORST_FIRST = ['canceled', 'errored', 'failed', 'passed'];
const isOver = (state: string) => WORST_FIRST.includes(state);
const worst = (states: readonly string[]) => WORST_FIRST.find((state) => states.includes(state)) ?? 'passed';

/** Plays the traffic through in its order. */
export function expectationOf({ builds, messages }: Traffic): Expectation {
  const events = new Map<string, number>();
  const count = (name: string) => void events.set(name, (events.get(name) ?? 0) + 1);
  const models = builds.map((build) => new BuildModel(build, count));
  for (const { build, job, step } of messages) {
    const said = builds[build]?.jobs[job]?.steps[step];
    if (said) models[build]?.hear(job, said);
  }
  return {
    builds: models.map((model) => model.state),
    jobs: models.map((model) => model.jobs),
    stages: models.map((model) => model.stages),
    events,
  };
}

class BuildModel {
  state = 'created';
  readonly jobs: string[];
  readonly stages: string[];

  constructor(
    private readonly build: TrafficBuild,
    private readonly count: (event: string) => void,
  ) {
    this.jobs = build.jobs.map(() => 'created');
    this.stages = Array.from({ length: build.stages }, () => 'created');
  }

  hear(job: number, said: Step): void {
    switch (said) {
      case 'receive':
        return this.move(job, 'received', 'job:received');
      case 'start':
        this.move(job, 'started', 'job:started');
        return this.begin(job);
      case 'reset':
        this.move(job, 'created', 'job:restarted');
        this.setStage(job, 'created');
        this.state = 'created';
        return this.count('build:restarted');
      case 'cancel':
        this.move(job, 'canceled', 'job:canceled');
        if (this.groupIsOver(job)) this.end(job, 'build:canceled');
        return;
      default:
        // The worker of a canceled job still says so when it has stopped: that changes nothing.
        if (this.jobs[job] === 'canceled') return;
        this.move(job, RESULTS[said] ?? '', 'job:finished');
        if (this.groupIsOver(job)) this.end(job, 'build:finished');
    }
  }

  private move(job: number, state: string, event: string): void {
    this.jobs[job] = state;
    this.count(event);
  }

  private begin(job: number): void {
    const stage = this.stageOf(job);
    if (stage !== null && this.stages[stage] !== 'created') return;
    this.setStage(job, 'started');
    if (this.state !== 'created') return;
    this.state = 'started';
    this.count('build:started');
  }

  private end(job: number, event: string): void {
    const stage = this.stageOf(job);
    if (stage !== null) {
      const result = worst(this.group(job));
      this.stages[stage] = result;
      if (result !== 'passed') this.cancelRest(stage);
    }
    if (!this.jobs.every(isOver)) return;
    this.state = this.stages.find((state) => state !== 'passed') ?? worst(this.jobs);
    this.count(event);
  }

  /** A stage that did not pass cancels what comes after it. */
  private cancelRest(failed: number): void {
    this.build.jobs.forEach(({ stage }, i) => {
      if (stage === failed || stage === null || isOver(this.jobs[i] ?? '')) return;
      this.move(i, 'canceled', 'job:finished');
      this.stages[stage] = 'canceled';
    });
  }

  /** The job's stage, or all jobs of a build without stages. */
  private group(job: number): string[] {
    return this.jobs.filter((_, i) => this.stageOf(i) === this.stageOf(job));
  }

  private groupIsOver(job: number): boolean {
    return this.group(job).every(isOver);
  }

  private stageOf(job: number): number | null {
    return this.build.jobs[job]?.stage ?? null;
  }

  private setStage(job: number, state: string): void {
    const stage = this.stageOf(job);
    if (stage !== null) this.stages[stage] = state;
  }
}
