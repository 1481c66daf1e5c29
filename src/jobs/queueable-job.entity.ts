import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A job that the scheduler may queue. Duplicates are possible: delete by job. */
@Entity({ schema: 'public', name: 'queueable_jobs' })
export class QueueableJob {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer', { nullable: true })
  jobId!: number | null;
}
