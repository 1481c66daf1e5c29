/**
 * Named points at which a test may kill this process, to prove that every window between two steps is safe.
 *
 * Unarmed, which is always in production, a point costs one comparison.
 */
export const FAULT_POINTS = [
  'after-receive',
  'before-commit',
  'after-commit',
  'after-park',
  'after-plan',
  'after-claim',
  'after-send',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

let armed: FaultPoint | null = null;
let hitsLeft = 0;

/**
 * Arms one point.
 *
 * @param spec `before-commit:3` kills the process with SIGKILL when the point is reached for the third time
 * @throws Error when the point is unknown
 */
export function armFault(spec: string): void {
  const [name = '', hits = '1'] = spec.split(':');
  const point = FAULT_POINTS.find((known) => known === name);
  if (!point)
    throw new Error(`unknown fault point "${name}": use one of ${FAULT_POINTS.join(', ')}, as in before-commit:3`);
  armed = point;
  hitsLeft = Number(hits);
}

/** Dies here when the point is armed and its turn has come. */
export function faultPoint(point: FaultPoint): void {
  if (armed !== point) return;
  hitsLeft -= 1;
  if (hitsLeft <= 0) process.kill(process.pid, 'SIGKILL');
}
