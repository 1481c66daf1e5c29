import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The commit a build is of. */
@Entity({ schema: 'public', name: 'commits' })
export class Commit {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer', { nullable: true })
  repositoryId!: number | null;

  /** The sha. */
  @Column('varchar', { nullable: true })
  commit!: string | null;

  @Column('varchar', { nullable: true })
  ref!: string | null;

  @Column('varchar', { nullable: true })
  branch!: string | null;

  @Column('text', { nullable: true })
  message!: string | null;

  @Column('varchar', { nullable: true })
  compareUrl!: string | null;

  @Column('timestamp', { nullable: true })
  committedAt!: Date | null;

  @Column('varchar', { nullable: true })
  committerName!: string | null;

  @Column('varchar', { nullable: true })
  committerEmail!: string | null;

  @Column('varchar', { nullable: true })
  authorName!: string | null;

  @Column('varchar', { nullable: true })
  authorEmail!: string | null;

  @Column('integer', { nullable: true })
  branchId!: number | null;

  @Column('integer', { nullable: true })
  tagId!: number | null;

  @Column('timestamp')
  createdAt!: Date;

  @Column('timestamp')
  updatedAt!: Date;
}
