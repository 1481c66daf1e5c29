import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { JobState } from '../contracts/states';

/** One run of one environment of a build: what a worker works on. */
@Entity({ schema: 'public', name: 'jobs' })
export class Job {
  @PrimaryColumn('bigint', { default: () => "nextval('shared_builds_tasks_seq')" })
  readonly id!: number;

  @Column('integer', { nullable: true })
  repositoryId!: number | null;

  @Column('integer', { nullable: true })
  commitId!: number | null;

  @Column('varchar', { nullable: true })
  sourceType!: string | null;

  /** Id of the build, when `sourceType` is `Build`: the only kind there is. */
  @Column('integer', { nullable: true })
  sourceId!: number | null;

  @Column('integer', { nullable: true })
  stageId!: number | null;

  /** Position within its stage, e.g. `1.2`. */
  @Column('varchar', { nullable: true })
  stageNumber!: string | null;

  @Column('integer', { nullable: true })
  configId!: number | null;

  @Column('varchar', { nullable: true })
  number!: string | null;

  /** Null is read as not yet created. */
  @Column('varchar', { nullable: true })
  state!: JobState | null;

  @Column('varchar', { nullable: true })
  queue!: string | null;

  /** YAML text. */
  @Column('text', { nullable: true })
  tags!: string | null;

  @Column('boolean', { nullable: true, default: false })
  allowFailure!: boolean | null;

  @Column('boolean', { nullable: true })
  private!: boolean | null;

  @Column('integer', { nullable: true })
  priority!: number | null;

  @Column('varchar', { nullable: true })
  ownerType!: string | null;

  @Column('integer', { nullable: true })
  ownerId!: number | null;

  /** What kind of machine the worker took, if it said so. */
  @Column('varchar', { nullable: true })
  vmSize!: string | null;

  /** Id of the user who asked for the last restart. */
  @Column('integer', { nullable: true })
  restartedBy!: number | null;

  @Column('timestamp', { nullable: true })
  queuedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  receivedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  finishedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  canceledAt!: Date | null;

  @Column('timestamp', { nullable: true })
  restartedAt!: Date | null;

  @Column('timestamp')
  createdAt!: Date;

  /** Written by a trigger. */
  @Column('timestamp')
  updatedAt!: Date;
}
