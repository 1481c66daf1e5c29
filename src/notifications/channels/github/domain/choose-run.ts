/** What is known of a check run that GitHub holds for a build. */
export interface KnownRun {
  readonly id: number;
  readonly completed: boolean;
  /** The restart that it was made for, as an ISO time; null when the build had never been restarted. */
  readonly restartedAt: string | null;
}

/** What is to be told: the build as it was when the event happened. */
export interface RunWanted {
  readonly completed: boolean;
  readonly restartedAt: string | null;
}

export type RunChoice =
  | { readonly kind: 'create' }
  | { readonly kind: 'update'; readonly id: number }
  | { readonly kind: 'outdated'; readonly reason: string };

/**
 * Which check run an event goes to. GitHub never opens a completed run again, so a restarted build gets a new one: the
 * restart is remembered in the run itself, or a repeat after a crash would make another, and a fast restart of which only
 * the end is told would write over the old one.
 *
 * @param runs those of the build, in any order
 */
export function chooseRun(runs: readonly KnownRun[], { completed, restartedAt }: RunWanted): RunChoice {
  const [newest] = [...runs].sort((a, b) => b.id - a.id);
  if (!newest) return { kind: 'create' };
  const [known, wanted] = [timeOf(newest.restartedAt), timeOf(restartedAt)];
  if (wanted < known) return { kind: 'outdated', reason: 'the build was restarted since' };
  if (!newest.completed) return { kind: 'update', id: newest.id };
  if (wanted > known) return { kind: 'create' };
  if (completed) return { kind: 'update', id: newest.id };
  return { kind: 'outdated', reason: 'the check run is completed already' };
}

function timeOf(restartedAt: string | null): number {
  return restartedAt === null ? Number.NEGATIVE_INFINITY : Date.parse(restartedAt);
}
