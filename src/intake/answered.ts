import { setTimeout as wait } from 'node:timers/promises';

/** How long a server may take to confirm what we ask for, in milliseconds. */
const ANSWER_MS = 2_000;

/**
 * Waits for a server's answer, but not for ever: it may be silent, and then the connection will be lost anyway.
 * @returns false when it is silent; a refusal is an answer
 */
export async function answered(asked: Promise<unknown>): Promise<boolean> {
  const limit = new AbortController();
  const yes = (): boolean => true;
  const no = (): boolean => false;
  const answer = await Promise.race([
    asked.then(yes, yes),
    wait(ANSWER_MS, undefined, { signal: limit.signal }).then(no, no),
  ]);
  limit.abort();
  return answer;
}
