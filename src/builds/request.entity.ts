import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** What asked for a build: a push, a pull request, an API call, a cron. */
@Entity({ schema: 'public', name: 'requests' })
export class Request {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer', { nullable: true })
  repositoryId!: number | null;

  @Column('integer', { nullable: true })
  commitId!: number | null;

  @Column('varchar', { nullable: true })
  eventType!: string | null;

  @Column('varchar', { nullable: true })
  token!: string | null;

  @Column('varchar', { nullable: true })
  headCommit!: string | null;

  @Column('varchar', { nullable: true })
  baseCommit!: string | null;

  @Column('varchar', { nullable: true })
  state!: string | null;

  @Column('varchar', { nullable: true })
  result!: string | null;

  @Column('varchar', { nullable: true })
  message!: string | null;

  @Column('varchar', { nullable: true })
  ownerType!: string | null;

  @Column('integer', { nullable: true })
  ownerId!: number | null;

  @Column('varchar', { nullable: true })
  senderType!: string | null;

  @Column('integer', { nullable: true })
  senderId!: number | null;

  @Column('boolean', { nullable: true })
  private!: boolean | null;

  @Column('integer', { nullable: true })
  pullRequestId!: number | null;

  @Column('integer', { nullable: true })
  branchId!: number | null;

  @Column('integer', { nullable: true })
  tagId!: number | null;

  @Column('timestamp', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  finishedAt!: Date | null;

  @Column('timestamp')
  createdAt!: Date;

  @Column('timestamp')
  updatedAt!: Date;
}
