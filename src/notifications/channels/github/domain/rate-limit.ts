/** What an answer of GitHub says about limits. */
export interface LimitAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly message: string;
}

/** What GitHub asks for when it limits a caller without saying for how long. */
const USUAL_MS = 60_000;
/** Primary limits are counted by the hour; nothing sensible is longer. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/**
 * How long GitHub wants to be left alone by whoever asked
 * (https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api): until the primary limit is reset, or as
 * long as a secondary one says.
 *
 * @param nowMs the time now, in milliseconds since 1970
 * @param retryAfterMs the answer's `Retry-After`, read
 * @returns milliseconds; undefined when the answer is not about a limit
 */
export function limitOf(
  { status, headers, message }: LimitAnswer,
  nowMs: number,
  retryAfterMs: number | undefined,
): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  if (retryAfterMs !== undefined) return retryAfterMs;
  const reset = Number(headers['x-ratelimit-reset']);
  if (Number(headers['x-ratelimit-remaining'] ?? 1) === 0 && Number.isFinite(reset)) {
    // Its clock is not ours: never at once.
    return Math.min(Math.max(reset * 1000 - nowMs, 1_000), LONGEST_MS);
  }
  return status === 429 || /rate limit|abuse/i.test(message) ? USUAL_MS : undefined;
}
