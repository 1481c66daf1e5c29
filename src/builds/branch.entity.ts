import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A branch of a repository. */
@Entity({ schema: 'public', name: 'branches' })
export class Branch {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer')
  repositoryId!: number;

  @Column('varchar')
  name!: string;

  @Column('integer', { nullable: true })
  lastBuildId!: number | null;

  @Column('boolean', { default: true })
  existsOnGithub!: boolean;

  @Column('timestamp')
  createdAt!: Date;

  @Column('timestamp')
  updatedAt!: Date;
}
