import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

const MOST = 10_000;
/** How long a token that GitHub refused comes after all others (notifications.md §2). */
const BAD_MS = 60 * 60 * 1000;

/** Why a token is left alone, and until when (milliseconds since 1970). */
export interface Rest {
  readonly why: 'refused' | 'limited';
  readonly untilMs: number;
}

/** What this process has learned about tokens, so that GitHub is not asked again with those it will refuse. */
export class TokenMemory {
  private readonly rests = new LRUCache<string, Rest>({ max: MOST });

  /** @param now a clock in milliseconds since 1970; for tests */
  constructor(private readonly now: () => number = Date.now) {}

  /** @param key a token, or what else stands for somebody who asks; only a hash of it is kept */
  refused(key: string): void {
    this.rests.set(hash(key), { why: 'refused', untilMs: this.now() + BAD_MS });
  }

  /** @param waitMs how long GitHub wants to be left alone */
  limited(key: string, waitMs: number): void {
    this.rests.set(hash(key), { why: 'limited', untilMs: this.now() + waitMs });
  }

  /** Undefined when the token may be used. */
  restOf(key: string): Rest | undefined {
    const rest = this.rests.get(hash(key));
    return rest && rest.untilMs > this.now() ? rest : undefined;
  }
}

function hash(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
