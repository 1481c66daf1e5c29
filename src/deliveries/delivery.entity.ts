import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import { UTC_NOW } from '../database/time';

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'dropped' | 'recorded';

/** One thing to tell one target, and what became of it (D10). */
@Entity({ schema: 'hub', name: 'deliveries' })
export class DeliveryRow {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  readonly id!: number;

  @Column('bigint', { nullable: true })
  eventId!: number | null;

  @Column('varchar')
  channel!: string;

  /** Which element of the channel's config the target came from. */
  @Column('integer', { default: 0 })
  element!: number;

  /** Hash of the target: the target itself may be a secret. */
  @Column('varchar')
  fingerprint!: string;

  /** Which target, in words that hold no secret. */
  @Column('varchar')
  target!: string;

  /** Deliveries with the same key go out one after another. */
  @Column('varchar', { nullable: true })
  orderKey!: string | null;

  /** Where it goes over the network, without secrets: what keeps failing there is slowed down. */
  @Column('varchar', { nullable: true })
  destination!: string | null;

  /** A newer delivery with the same order key makes it pointless. */
  @Column('boolean', { default: false })
  latestOnly!: boolean;

  @Column('bigint', { nullable: true })
  jobId!: number | null;

  /** The job's lifecycle run it belongs to. */
  @Column('integer', { nullable: true })
  run!: number | null;

  @Column('jsonb', { nullable: true })
  payload!: Record<string, unknown> | null;

  @Column('varchar', { default: 'pending' })
  state!: DeliveryState;

  @Column('integer', { default: 0 })
  attempts!: number;

  @Column('timestamp', { default: () => UTC_NOW })
  nextAttemptAt!: Date;

  @Column('timestamp', { nullable: true })
  leasedUntil!: Date | null;

  /** When it was first taken up since it was planned or had again by hand. */
  @Column('timestamp', { nullable: true })
  triedSince!: Date | null;

  @Column('varchar', { nullable: true })
  lastReason!: string | null;

  /** One entry per attempt. */
  @Column('jsonb', { default: [] })
  history!: readonly unknown[];

  @Column('timestamp', { default: () => UTC_NOW })
  createdAt!: Date;

  @Column('timestamp', { nullable: true })
  finishedAt!: Date | null;
}
