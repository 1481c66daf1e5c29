/** The end of one request: its own time limit or the caller's signal, whichever comes first. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Rejects when the request has to end. */
  readonly reached: Promise<never>;
  /** True once the time limit, and not the caller, ended the request. */
  readonly expired: () => boolean;
  /** Must be called when the request is over, or its timer and listener stay. */
  readonly clear: () => void;
}

/**
 * Not `AbortSignal.any` and `AbortSignal.timeout`: they hold on to long-lived signals on Node 20.
 *
 * @param timeoutMs in milliseconds.
 */
export function startDeadline(timeoutMs: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const abort = (): void => controller.abort();
  const timer = setTimeout(() => {
    expired = true;
    abort();
  }, timeoutMs);
  outer?.addEventListener('abort', abort, { once: true });
  const reached = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
  });
  reached.catch(() => undefined);
  if (outer?.aborted === true) abort();
  return {
    signal: controller.signal,
    reached,
    expired: () => expired,
    clear: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', abort);
    },
  };
}
