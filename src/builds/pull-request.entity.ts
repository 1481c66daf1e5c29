import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A pull request of a repository. */
@Entity({ schema: 'public', name: 'pull_requests' })
export class PullRequest {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer', { nullable: true })
  repositoryId!: number | null;

  @Column('integer', { nullable: true })
  number!: number | null;

  @Column('varchar', { nullable: true })
  title!: string | null;

  @Column('varchar', { nullable: true })
  state!: string | null;

  @Column('varchar', { nullable: true })
  mergeableState!: string | null;

  @Column('varchar', { nullable: true })
  headRepoSlug!: string | null;

  @Column('varchar', { nullable: true })
  headRef!: string | null;

  @Column('varchar', { nullable: true })
  baseRepoSlug!: string | null;

  @Column('varchar', { nullable: true })
  baseRef!: string | null;

  @Column('timestamp', { nullable: true })
  createdAt!: Date | null;

  @Column('timestamp', { nullable: true })
  updatedAt!: Date | null;
}
