import type { ReconcileCommand } from '../contracts/command';
import type { Tx } from '../database';
import type { DoctorSettings } from './check';
import { examine } from './examination';

/** More than the jobs of any build. */
const ALL = 10_000;

/**
 * Makes the command that brings a build in line. What contradicts what among its rows the command sees itself, under
 * lock; what was told, and who waits for a scheduler, is read here.
 *
 * @returns null when Hub has told nothing of the build
 */
export async function reconcileCommand(
  tx: Tx,
  settings: DoctorSettings,
  buildId: number,
): Promise<ReconcileCommand | null> {
  // Before the rest, so that whatever is told in between makes the command void.
  const [build] = await tx.query<{ last_seq: number }>(
    'SELECT last_seq FROM hub.builds WHERE build_id = $1 AND last_seq > 0',
    [buildId],
  );
  if (!build) return null;
  const findings = await examine(tx, settings, { scope: { buildId }, most: ALL });
  const jobsOf = (check: string) => findings.flatMap((each) => (each.check === check ? (each.jobId ?? []) : []));
  return {
    subject: 'build',
    name: 'reconcile',
    id: buildId,
    data: {},
    seenSeq: build.last_seq,
    untoldJobs: jobsOf('job-untold'),
    untoldBuild: findings.some(({ check }) => check === 'build-untold'),
    unqueueable: jobsOf('queueable-missing'),
  };
}
