import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/**
 * Tries until `probe` stops throwing, and returns what it returned.
 *
 * Tests wait for conditions with this instead of sleeping: as long as need be, and no longer.
 * @param options.timeoutMs how long to go on trying, in milliseconds; 10 seconds unless told
 * @throws the last error of `probe`, with the time waited, when the time is up
 */
export async function eventually<T>(probe: () => T | Promise<T>, options: { timeoutMs?: number } = {}): Promise<T> {
  const { timeoutMs = 10_000 } = options;
  const deadline = performance.now() + timeoutMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() >= deadline) throw afterWaiting(error, timeoutMs);
    }
    await delay(pause);
  }
}

/** The error keeps its class and its diff; only its message says that this was the last of many tries. */
function afterWaiting(error: unknown, timeoutMs: number): unknown {
  if (error instanceof Error) error.message = `still so after ${timeoutMs} ms: ${error.message}`;
  return error;
}
