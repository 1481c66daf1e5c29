import type { JobName, Step, Vector } from './vector';

export interface PlacedBuild {
  readonly id: number;
  readonly jobIds: readonly number[];
}

/** A vector whose rows exist in the database: translates between ids and the vector's own names. */
export class PlacedVector {
  private readonly jobNames = new Map<number, JobName>();

  constructor(
    readonly vector: Vector,
    readonly repositoryId: number,
    readonly build: PlacedBuild,
    readonly stageIds: readonly number[],
    readonly otherBuilds: readonly PlacedBuild[],
  ) {
    build.jobIds.forEach((id, index) => this.jobNames.set(id, index));
    otherBuilds.forEach((other, position) =>
      other.jobIds.forEach((id, index) => this.jobNames.set(id, `other${position}.${index}`)),
    );
  }

  get buildIds(): number[] {
    return [this.build.id, ...this.otherBuilds.map(({ id }) => id)];
  }

  get jobIds(): number[] {
    return [...this.jobNames.keys()];
  }

  jobName(id: number): JobName {
    return this.jobNames.get(id) ?? `unknown job ${id}`;
  }

  /** `this`, `other:0`, or null. */
  buildName(id: number | null): string | null {
    if (id === null) return null;
    if (id === this.build.id) return 'this';
    const position = this.otherBuilds.findIndex((other) => other.id === id);
    return position < 0 ? `unknown build ${id}` : `other:${position}`;
  }

  /** Events as the vectors write them: `build:started`, `job:finished:2`, `other0:job:started:1`. */
  eventName(name: string, buildId: number, jobId: number | null): string {
    const position = this.otherBuilds.findIndex(({ id }) => id === buildId);
    const jobIds = (position < 0 ? this.build : this.otherBuilds[position])?.jobIds ?? [];
    const prefix = position < 0 ? '' : `other${position}:`;
    return jobId === null ? `${prefix}${name}` : `${prefix}${name}:${jobIds.indexOf(jobId)}`;
  }

  /** The id of the job that a step without message (`external:queue`) is about. */
  stepJobId(step: Step): number {
    const build = step.other_build === undefined ? this.build : this.otherBuilds[step.other_build];
    return found(build?.jobIds[step.job ?? -1], `${this.vector.id}: a ${step.type} step names no job of the vector`);
  }

  /** The step's body with the numeric id instead of `$job2`, `$build` or `$other0.job1`. */
  messageBody(step: Step): Record<string, unknown> {
    return { ...step.body, id: this.resolve(String(step.body.id)) };
  }

  private resolve(placeholder: string): number {
    const [, other, job] = /^\$(?:other(\d+)\.?)?(?:job(\d+)|build)?$/.exec(placeholder) ?? [];
    const build = other === undefined ? this.build : this.otherBuilds[Number(other)];
    const id = job === undefined ? build?.id : build?.jobIds[Number(job)];
    return found(id, `${this.vector.id}: ${placeholder} is neither a job nor a build of the vector`);
  }
}

function found(id: number | undefined, problem: string): number {
  if (id === undefined) throw new Error(problem);
  return id;
}
