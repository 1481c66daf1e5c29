import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { classifyFailure, Transactions } from '../../database';

const PAUSE_MS = 250;

/** Notes which refresh tokens were used, so that each is good for one access token whichever replica it comes to. */
@Injectable()
export class UsedTokens {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Uses a token. Of two that use it at the same time the database lets one win.
   *
   * When the answer to a COMMIT is lost it is tried again, and the row tells by the transaction that wrote it whether it
   * is ours: otherwise the token would be used up with nobody having got anything for it.
   *
   * @param signal says that nobody waits for the answer any more: then the token is left as it is
   * @returns false when it was used before
   * @throws the database's error
   */
  async use(jobId: number, rand: string, signal: AbortSignal): Promise<boolean> {
    const ours = new Set<string>();
    for (;;) {
      try {
        return await this.note(jobId, rand, ours, signal);
      } catch (error) {
        if (classifyFailure(error) === 'permanent' || signal.aborted) throw error;
      }
      await wait(PAUSE_MS);
    }
  }

  /** @param ours the transactions that have written, or tried to write, the row for this very use */
  private note(jobId: number, rand: string, ours: Set<string>, signal: AbortSignal): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      // Waits for another one that is about to write the same row.
      const [written] = await tx.query<{ writer: string }>(
        `INSERT INTO hub.used_tokens (job_id, rand) VALUES ($1::bigint, $2) ON CONFLICT DO NOTHING RETURNING xmin::text AS writer`,
        [jobId, rand],
      );
      signal.throwIfAborted();
      if (written) ours.add(written.writer);
      if (written || ours.size === 0) return written !== undefined;
      const [found] = await tx.query<{ writer: string }>(
        'SELECT xmin::text AS writer FROM hub.used_tokens WHERE job_id = $1::bigint AND rand = $2',
        [jobId, rand],
      );
      return found !== undefined && ours.has(found.writer);
    });
  }
}
