import { createHash } from 'node:crypto';
import type { Tx } from '../../database/transaction';
import { Problem } from '../problems/problem';
import { canonicalJson } from '../requests/plain-json';

/** A request that may be repeated: whoever sends the same key again gets the same build. */
export interface IdempotentRequest {
  readonly user: string;
  readonly key: string;
  /** Hash of the body, whatever the order of its keys. */
  readonly hash: string;
}

export function idempotentRequest(user: string, key: string, body: unknown): IdempotentRequest {
  return { user, key, hash: createHash('sha256').update(canonicalJson(body)).digest('hex') };
}

/**
 * Waits until no other transaction works on the same key, and finds the build that the key already made.
 *
 * @returns its id, or null when the key is new
 * @throws Problem 422 when the key was used with another body
 */
export async function findEarlierBuild(tx: Tx, request: IdempotentRequest): Promise<number | null> {
  // The name of a user holds no colon, so user and key cannot be mistaken for another pair.
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `hub:idempotency:${request.user}:${request.key}`,
  ]);
  const rows = await tx.query<{ build_id: number; request: string }>(
    'SELECT build_id, request FROM hub.idempotency_keys WHERE user_name = $1 AND key = $2',
    [request.user, request.key],
  );
  const earlier = rows[0];
  if (!earlier) return null;
  if (earlier.request === request.hash) return earlier.build_id;
  throw new Problem('unprocessable', {
    detail: `This Idempotency-Key made build ${earlier.build_id} from another body. Use a new key for a new build.`,
  });
}

export async function rememberBuild(tx: Tx, request: IdempotentRequest, buildId: number): Promise<void> {
  await tx.query('INSERT INTO hub.idempotency_keys (user_name, key, request, build_id) VALUES ($1, $2, $3, $4)', [
    request.user,
    request.key,
    request.hash,
    buildId,
  ]);
}
