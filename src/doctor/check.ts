import type { Command } from '../contracts/command';

/** One way in which the rows of the database contradict each other, or something stands still. */
export interface Check {
  /** Short and stable: people and programs filter by it. */
  readonly name: string;
  /**
   * Finds what is wrong, oldest first. The CTE `own (build_id, last_seq)` holds the builds that are looked at: only
   * those that Hub has told of, never the past of an existing database (ruling). `$1` is the most rows wanted;
   * `$3` and so on are {@link Check.parameters}.
   */
  readonly sql: string;
  readonly parameters?: (settings: DoctorSettings) => readonly unknown[];
  /** Says in one sentence what is wrong with a row that was found. */
  explain(row: FoundRow): string;
  /** How it is mended; null when only a person can. */
  mend(row: FoundRow): Mend | null;
}

/** A row that a check found. Ids are numbers; what else it holds is the check's own. */
export interface FoundRow {
  readonly build_id: number | null;
  readonly job_id?: number | null;
  readonly [column: string]: unknown;
}

/** How damage is mended. Whatever way, the rows are locked and looked at once more, so what happens meanwhile wins. */
export type Mend =
  /** By a command, on the same way as one that a worker sends. */
  | { readonly kind: 'command'; readonly command: Command }
  /** With everything else that is wrong with that build, told or untold. */
  | { readonly kind: 'reconcile'; readonly buildId: number }
  /** By a statement that repeats the condition; the build's row is locked before. */
  | { readonly kind: 'statement'; readonly sql: string; readonly parameters: readonly unknown[] }
  /** By applying a parked message. */
  | { readonly kind: 'replay'; readonly parkedId: number };

/** What the checks go by. */
export interface DoctorSettings {
  /** After how long without a word a job is stale, in milliseconds; 0 when none ever is. */
  readonly staleAfterMs: number;
}

/** Something that is wrong. */
export interface Finding {
  readonly check: string;
  readonly buildId: number | null;
  readonly jobId: number | null;
  /** A sentence for people. */
  readonly text: string;
  readonly mend: Mend | null;
}
