import type { MessageIdentity, RejectReason } from '../../contracts/command';

/** A message to park: everything needed to look at it, and to send it through the intake again. */
export interface ParkableMessage {
  /** Which way it came: `rabbitmq`, `sidekiq`, … */
  readonly source: string;
  readonly type: string | undefined;
  readonly reason: RejectReason;
  /** One sentence for an operator. */
  readonly detail: string;
  /** What it was about, as far as that could be read. */
  readonly subject?: 'job' | 'build';
  readonly subjectId?: number;
  /** The very bytes. */
  readonly body: Buffer;
  /** Properties and headers, or what the way in has instead. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** How to recognise it when it comes again because nobody could say any more that it was parked. */
  readonly identity?: MessageIdentity;
}

/** A parked message as lists show it: without its body. */
export interface ParkedSummary {
  readonly id: number;
  readonly source: string;
  readonly type: string | null;
  readonly reason: string;
  readonly detail: string;
  readonly subject: 'job' | 'build' | null;
  readonly subjectId: number | null;
  readonly parkedAt: Date;
  /** How often it was tried, the first time included. */
  readonly attempts: number;
  /** When it was applied after all; null while it waits. */
  readonly replayedAt: Date | null;
}

export interface ParkedWhole extends ParkedSummary {
  readonly body: Buffer;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface ParkedRow {
  readonly id: number;
  readonly source: string;
  readonly type: string | null;
  readonly reason: string;
  readonly detail: string;
  readonly subject: 'job' | 'build' | null;
  readonly subject_id: number | null;
  readonly parked_at: Date;
  readonly attempts: number;
  readonly replayed_at: Date | null;
  readonly body: Buffer;
  readonly properties: Record<string, unknown>;
}

/** Columns of {@link ParkedSummary}. */
export const SUMMARY_COLUMNS =
  'id, source, type, reason, detail, subject, subject_id, parked_at, attempts, replayed_at';
export const ALL_COLUMNS = `${SUMMARY_COLUMNS}, body, properties`;
