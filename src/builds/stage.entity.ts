import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import type { BuildState } from '../contracts/states';

/** Jobs of a build that run together; stages run one after another. */
@Entity({ schema: 'public', name: 'stages' })
export class Stage {
  @PrimaryGeneratedColumn()
  readonly id!: number;

  @Column('integer', { nullable: true })
  buildId!: number | null;

  @Column('integer', { nullable: true })
  number!: number | null;

  @Column('varchar', { nullable: true })
  name!: string | null;

  @Column('varchar', { nullable: true })
  state!: BuildState | null;

  @Column('timestamp', { nullable: true })
  startedAt!: Date | null;

  @Column('timestamp', { nullable: true })
  finishedAt!: Date | null;
}
