/**
 * The end of one request, redirects included: its own time limit or the caller's signal, whichever comes first.
 *
 * Not `AbortSignal.any` and `AbortSignal.timeout`: they hold on to long-lived signals on Node 20.
 */
export class Deadline {
  /** True once the time limit, and not the caller, ended the request. */
  expired = false;
  private reached = false;
  private listener: () => void = () => undefined;
  private readonly timer: NodeJS.Timeout;

  /** @param timeoutMs in milliseconds */
  constructor(
    timeoutMs: number,
    private readonly outer?: AbortSignal,
  ) {
    this.timer = setTimeout(() => {
      this.expired = true;
      this.end();
    }, timeoutMs);
    outer?.addEventListener('abort', this.end, { once: true });
    if (outer?.aborted === true) this.reached = true;
  }

  /** Calls the listener, in place of the one before, when the request has to end: now, if that is over. */
  onReached(listener: () => void): void {
    this.listener = listener;
    if (this.reached) listener();
  }

  /** Must be called when the request is over, or its timer and listener stay. */
  clear(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.end);
  }

  private readonly end = (): void => {
    this.reached = true;
    this.listener();
  };
}
