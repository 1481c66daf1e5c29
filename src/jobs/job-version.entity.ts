import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import type { JobState } from '../contracts/states';

/** How a job stood before a restart: one row per earlier run. */
@Entity({ schema: 'public', name: 'job_versions' })
export class JobVersion {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer', { nullable: true })
  jobId!: number | null;

  /** From 1, per job. */
  @Column('integer', { nullable: true })
  number!: number | null;

  @Column('varchar', { nullable: true })
  state!: JobState | null;

  /** The job's, not this row's. */
  @Column('timestamp', { nullable: true })
  createdAt!: Date | null;

  @Column('timestamp', { nullable: true })
  queuedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  receivedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  finishedAt!: Date | null;

  /** Of the restart before. */
  @Column('timestamp', { nullable: true })
  restartedAt!: Date | null;
}
