import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { BuildState } from '../contracts/states';

/** One build of one commit: the jobs, in stages, that together pass or fail. */
@Entity({ schema: 'public', name: 'builds' })
export class Build {
  @PrimaryColumn('bigint', { default: () => "nextval('shared_builds_tasks_seq')" })
  readonly id!: number;

  @Column('integer', { nullable: true })
  repositoryId!: number | null;

  /** Digits only: a trigger casts it. */
  @Column('varchar', { nullable: true })
  number!: string | null;

  /** Written by a trigger. */
  @Column('integer', { nullable: true })
  uniqueNumber!: number | null;

  @Column('varchar', { nullable: true })
  state!: BuildState | null;

  /** State of the last finished build of the branch when this one was created. Never changed later. */
  @Column('varchar', { nullable: true })
  previousState!: string | null;

  /** Sum of the jobs' whole seconds. */
  @Column('integer', { nullable: true })
  duration!: number | null;

  @Column('varchar', { nullable: true })
  eventType!: string | null;

  @Column('varchar', { nullable: true })
  branch!: string | null;

  @Column('boolean', { nullable: true })
  private!: boolean | null;

  @Column('text', { nullable: true })
  pullRequestTitle!: string | null;

  @Column('integer', { nullable: true })
  pullRequestNumber!: number | null;

  @Column('integer', { nullable: true })
  commitId!: number | null;

  @Column('integer', { nullable: true })
  requestId!: number | null;

  @Column('integer', { nullable: true })
  pullRequestId!: number | null;

  @Column('integer', { nullable: true })
  branchId!: number | null;

  @Column('integer', { nullable: true })
  tagId!: number | null;

  @Column('integer', { nullable: true })
  configId!: number | null;

  @Column('varchar', { nullable: true })
  ownerType!: string | null;

  @Column('integer', { nullable: true })
  ownerId!: number | null;

  @Column('varchar', { nullable: true })
  senderType!: string | null;

  @Column('integer', { nullable: true })
  senderId!: number | null;

  /** From worker messages; never cleared. */
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
