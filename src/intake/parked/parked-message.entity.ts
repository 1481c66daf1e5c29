import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { UTC_NOW } from '../../database/time';

/** A message that can never be applied as it is: kept whole, listed, replayed (D5). */
@Entity({ schema: 'hub', name: 'parked_messages' })
export class ParkedMessage {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  readonly id!: number;

  @Column('varchar')
  source!: string;

  @Column('varchar', { nullable: true })
  type!: string | null;

  @Column('varchar')
  reason!: string;

  @Column('text')
  detail!: string;

  /** `job` or `build`, when the message names one. */
  @Column('varchar', { nullable: true })
  subject!: string | null;

  @Column('bigint', { nullable: true })
  subjectId!: number | null;

  /** Exactly the bytes that arrived. */
  @Column('bytea')
  body!: Buffer;

  /** Recognises it when it comes again. */
  @Column('varchar', { nullable: true })
  fingerprint!: string | null;

  @Column('jsonb', { default: {} })
  properties!: Record<string, unknown>;

  @Column('timestamp', { default: () => UTC_NOW })
  parkedAt!: Date;

  @Column('integer', { default: 1 })
  attempts!: number;

  /** When it was applied after all. */
  @Column('timestamp', { nullable: true })
  replayedAt!: Date | null;
}
