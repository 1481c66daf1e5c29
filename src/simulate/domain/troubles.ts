import type { Random } from './random';

/** How the workers talk to Hub: over the broker, or over HTTP as those of a Job Board do. */
export const MODES = ['amqp', 'http'] as const;
export type Mode = (typeof MODES)[number];

/**
 * What can go wrong around a run, and does with workers in the field. Nothing here is invented:
 *
 * - `swapped`, `delayed`: a worker publishes over several channels, and brokers redeliver: messages overtake each other
 * - `repeated`: whoever consumes loses its connection before the ack, a proxy sends a request again
 * - `lost`: publishing `receive` or `start` fails; the run goes on and the count with it
 * - `dies`: the worker dies and says nothing any more; its job is given to another one
 * - `late`: the same, and something of the dead run arrives when the next one is under way
 * - `zombie`: the same, but the run goes on unseen and reports its end when the next one has ended long since
 * - `unacked`: the end was reported, the job not acked: it is given to another worker although it is over
 * - `cut`: the connection breaks between publish and confirm, which ends all runs of that worker process
 * - `deaf`: the worker does not hear that its job was canceled
 * - `slow`, `aborted`, `unanswered`: a request that takes its time, breaks off half-way, or gets no answer
 * - `board_down`: the Job Board cannot be told that the job is over, so the worker never tells Hub
 */
export type Trouble =
  | 'none'
  | 'swapped'
  | 'delayed'
  | 'repeated'
  | 'lost'
  | 'dies'
  | 'late'
  | 'zombie'
  | 'unacked'
  | 'cut'
  | 'deaf'
  | 'slow'
  | 'aborted'
  | 'unanswered'
  | 'board_down';

/** How many jobs of a hundred meet which trouble. */
const SHARES: Readonly<Record<Mode, Readonly<Partial<Record<Trouble, number>>>>> = {
  amqp: { swapped: 8, delayed: 6, repeated: 10, lost: 4, dies: 4, late: 3, zombie: 2, unacked: 4, cut: 1 },
  http: { repeated: 10, slow: 6, aborted: 4, unanswered: 4, dies: 4, board_down: 2 },
};

/**
 * Deals troubles to jobs like cards, so that each kind comes up by its share, and at least once where there are jobs
 * enough.
 */
export function dealTroubles(random: Random, jobs: number, mode: Mode): Trouble[] {
  const dealt = Object.entries(SHARES[mode]).flatMap(([trouble, share]) =>
    Array<Trouble>(Math.ceil((jobs * share) / 100)).fill(trouble as Trouble),
  );
  const rest = Array<Trouble>(Math.max(0, jobs - dealt.length)).fill('none');
  return random.shuffled([...random.shuffled(dealt).slice(0, jobs), ...rest]);
}
