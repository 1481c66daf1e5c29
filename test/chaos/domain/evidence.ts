/** What was found in the end, in the words of the database and of those who were told. */

export interface JobEvidence {
  readonly id: number;
  readonly state: string;
  /** Index of its stage; null in a build without. */
  readonly stage: number | null;
  readonly allowFailure: boolean;
  /** All histories that are right for it, if nothing but what was said about it counts. */
  readonly legal: ReadonlySet<string>;
  /** Nothing was said about it: its stage never had its turn. */
  readonly untouched: boolean;
}

export interface EventEvidence {
  readonly id: number;
  readonly seq: number;
  /** Such as `job:started`. */
  readonly name: string;
  readonly jobId: number | null;
  /** The state of what the event is about, as it was decided. */
  readonly state: string;
}

export interface DeliveryEvidence {
  readonly id: number;
  readonly eventId: number;
  readonly state: string;
}

/** One id under which somebody was told, with everything that came under it. */
export interface TellingEvidence {
  readonly deliveryId: number;
  /** How often it came and was taken. */
  readonly times: number;
  /** The different bodies: a repeat has to be the same. */
  readonly bodies: readonly string[];
  readonly state: string;
}

export interface BuildEvidence {
  readonly id: number;
  readonly state: string;
  readonly jobs: readonly JobEvidence[];
  /** By seq. */
  readonly events: readonly EventEvidence[];
  readonly deliveries: readonly DeliveryEvidence[];
  readonly tellings: readonly TellingEvidence[];
  /** How many targets are told of each of the build's starts and ends. */
  readonly targets: number;
}

export const KINDS = ['lost', 'wrong', 'doubled', 'stuck'] as const;

export interface Finding {
  readonly kind: (typeof KINDS)[number];
  /** Such as `job 12`. */
  readonly about: string;
  readonly buildId: number | null;
  /** A sentence for people. */
  readonly text: string;
}
