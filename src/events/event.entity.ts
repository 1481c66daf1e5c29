import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

import type { EventName, EventSnapshot } from '../contracts/event';

/** A row of the event log, written in the transaction that made it happen (D9). */
@Entity({ schema: 'hub', name: 'events' })
export class EventRow {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  readonly id!: number;

  @Column('bigint')
  buildId!: number;

  /** Position within its build, from 1 without gaps. */
  @Column('integer')
  seq!: number;

  @Column('varchar')
  name!: EventName;

  @Column('bigint', { nullable: true })
  jobId!: number | null;

  @Column('integer', { nullable: true })
  repositoryId!: number | null;

  @Column('timestamp')
  at!: Date;

  @Column('jsonb')
  snapshot!: EventSnapshot;

  /** When its deliveries were planned; null until then. */
  @Column('timestamp', { nullable: true })
  plannedAt!: Date | null;

  /** By channel: the entries of the config that heard nothing of it, each with the reason; null when there are none. */
  @Column('jsonb', { nullable: true })
  silent!: Readonly<Record<string, readonly { readonly element: number; readonly reason: string }[]>> | null;
}
