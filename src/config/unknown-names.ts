/**
 * What Kubernetes puts into the environment of every container for a service called `hub` or `hub-…`, e.g.
 * `HUB_SERVICE_HOST`, `HUB_PORT=tcp://10.0.0.1:80`, `HUB_PORT_80_TCP_ADDR`. No variable of ours looks like that.
 */
const INJECTED = /^HUB_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** Read by tests and scripts, not by Hub. */
const OTHERS = /^HUB_(TEST|DEMO|BENCH)_/;

/**
 * Finds `HUB_*` names that nobody reads: most likely a typing mistake.
 * @returns one sentence for each, with the nearest known name.
 */
export function unknownNames(present: readonly string[], known: readonly string[]): string[] {
  return present
    .filter((name) => name.startsWith('HUB_') && !known.includes(name) && !INJECTED.test(name) && !OTHERS.test(name))
    .sort()
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is set, but Hub does not know it and ignores it.${nearest ? ` Did you mean ${nearest}?` : ''}`;
    });
}

/** True for names that the platform may set by itself, whatever we do. */
export function isInjected(name: string): boolean {
  return INJECTED.test(name);
}

function nearestName(name: string, known: readonly string[]): string | undefined {
  const bare = (candidate: string) => candidate.replace(/^HUB_/, '');
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(bare(name), bare(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(2, bare(name).length / 3) ? best.candidate : undefined;
}

/** Levenshtein distance: how many letters must be added, removed or replaced. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = previous[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[to.length]!;
}
