import type { BuildCommand } from '../../contracts/command';
import type { Tx } from '../../database/transaction';
import type { BatchResult, BatchRunner } from '../../intake';

/**
 * Tells of a new build and its jobs, in the transaction that made their rows (D9).
 *
 * The build is created by the same command that another service would send after writing the rows itself, so there is
 * one place that makes jobs queueable, publishes `build:created` and `job:created` and takes their snapshots.
 * @returns what to announce once the transaction has committed
 */
export async function recordCreated(tx: Tx, runner: BatchRunner, buildId: number): Promise<BatchResult> {
  const command: BuildCommand = { subject: 'build', name: 'create', id: buildId, data: {} };
  const batch = await runner.applyIn(tx, [command]);
  const [result] = batch.results;
  if (result instanceof Error) throw result;
  if (result?.kind !== 'changed') {
    throw new Error(`build ${buildId} was written but not taken as new: ${result?.reason ?? 'no result'}`);
  }
  return batch;
}
