import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A repository and, denormalised, how its last build went. */
@Entity({ schema: 'public', name: 'repositories' })
export class Repository {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('varchar', { nullable: true })
  name!: string | null;

  @Column('varchar', { nullable: true })
  ownerName!: string | null;

  @Column('text', { nullable: true })
  ownerEmail!: string | null;

  /** `User` or `Organization`. */
  @Column('varchar', { nullable: true })
  ownerType!: string | null;

  @Column('integer', { nullable: true })
  ownerId!: number | null;

  @Column('varchar', { nullable: true })
  url!: string | null;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('boolean', { nullable: true })
  active!: boolean | null;

  @Column('boolean', { nullable: true, default: false })
  private!: boolean | null;

  @Column('integer', { nullable: true })
  githubId!: number | null;

  @Column('varchar', { nullable: true })
  githubLanguage!: string | null;

  @Column('varchar', { nullable: true })
  defaultBranch!: string | null;

  @Column('json', { nullable: true })
  settings!: unknown;

  @Column('integer', { nullable: true })
  nextBuildNumber!: number | null;

  @Column('integer', { nullable: true })
  lastBuildId!: number | null;

  @Column('varchar', { nullable: true })
  lastBuildNumber!: string | null;

  @Column('varchar', { nullable: true })
  lastBuildState!: string | null;

  @Column('integer', { nullable: true })
  lastBuildDuration!: number | null;

  @Column('timestamp', { nullable: true })
  lastBuildStartedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  lastBuildFinishedAt!: Date | null;

  @Column('bigint', { nullable: true })
  currentBuildId!: number | null;

  @Column('timestamp', { nullable: true })
  managedByInstallationAt!: Date | null;

  @Column('varchar', { nullable: true, default: 'GithubRepository' })
  vcsType!: string | null;

  @Column('varchar', { nullable: true })
  vcsId!: string | null;

  @Column('varchar', { nullable: true })
  vcsSlug!: string | null;

  @Column('timestamp', { nullable: true })
  invalidatedAt!: Date | null;

  @Column('timestamp')
  createdAt!: Date;

  /** No trigger here: whoever writes the row writes it. */
  @Column('timestamp')
  updatedAt!: Date;
}
