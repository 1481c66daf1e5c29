import { Injectable } from '@nestjs/common';
import { RedisConnections } from '../../redis';
import { unavailable } from '../problems/problem-of';
import { EmptyAnswer } from './empty-answer';
import type { JobClaims } from './job-tokens';
import { UsedTokens } from './used-tokens';

const LONGEST_RAND = 255;
/** How long a build is kept waiting while the database is away, in milliseconds. */
const PATIENCE_MS = 20_000;

/**
 * Spends refresh tokens: each is good for one access token (wire.md §2.3).
 *
 * PostgreSQL decides, so that two requests at the same moment cannot both win. With a Redis, travis-build has put a key
 * there for each token it made, and a token without one was withdrawn or made by nobody; the key is only looked at before
 * and deleted after, so that a Redis that fails in between costs no token.
 */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly used: UsedTokens,
    private readonly redis: RedisConnections,
  ) {}

  /**
   * @throws EmptyAnswer 403 when the token was used before or is not known, Problem 503 when Redis does not answer
   */
  async spend(jobId: number, { rand }: JobClaims): Promise<void> {
    if (typeof rand !== 'string' || rand === '' || rand.length > LONGEST_RAND || /[^\x21-\x7e]/.test(rand)) {
      throw new EmptyAnswer(403, 'the refresh token has no usable rand');
    }
    const key = `jwt-refresh:${jobId}:${rand}`;
    if (!(await this.isIssued(key))) throw new EmptyAnswer(403, 'the refresh token is not in Redis: used or withdrawn');
    const isOurs = await this.used.use(jobId, rand, AbortSignal.timeout(PATIENCE_MS));
    if (!isOurs) throw new EmptyAnswer(403, 'the refresh token was used before');
    // What stays there is spent all the same, and expires by itself.
    await this.redis.client?.del(key).catch(() => undefined);
  }

  private async isIssued(key: string): Promise<boolean> {
    const { client } = this.redis;
    if (client === null) return true;
    try {
      return (await client.exists(key)) === 1;
    } catch (error) {
      throw unavailable('Redis, where tokens are looked up, does not answer.', error);
    }
  }
}
