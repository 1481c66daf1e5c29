import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The configuration of a job, shared by all jobs with the same one. */
@Entity({ schema: 'public', name: 'job_configs' })
export class JobConfig {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer')
  repositoryId!: number;

  @Column('varchar')
  key!: string;

  @Column('json', { nullable: true })
  config!: unknown;
}
