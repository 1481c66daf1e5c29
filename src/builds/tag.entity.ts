import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A tag of a repository. */
@Entity({ schema: 'public', name: 'tags' })
export class Tag {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer', { nullable: true })
  repositoryId!: number | null;

  @Column('varchar', { nullable: true })
  name!: string | null;

  @Column('integer', { nullable: true })
  lastBuildId!: number | null;

  @Column('boolean', { nullable: true })
  existsOnGithub!: boolean | null;

  @Column('timestamp', { nullable: true })
  createdAt!: Date | null;

  @Column('timestamp', { nullable: true })
  updatedAt!: Date | null;
}
