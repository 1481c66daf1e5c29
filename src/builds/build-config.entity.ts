import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** The configuration of a build, shared by all builds with the same one. */
@Entity({ schema: 'public', name: 'build_configs' })
export class BuildConfig {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer')
  repositoryId!: number;

  @Column('varchar')
  key!: string;

  @Column('json', { nullable: true })
  config!: unknown;
}
