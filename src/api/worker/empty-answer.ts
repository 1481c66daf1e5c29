/**
 * An answer without a body, as Travis Hub gives it to whoever may not do what it asks (wire.md §2.1): agents and workers
 * look at the status only. The reason goes to the log.
 */
export class EmptyAnswer extends Error {
  constructor(
    readonly status: 400 | 401 | 403 | 429,
    reason: string,
    /** How long to wait, in seconds. */
    private readonly waitSeconds = 0,
  ) {
    super(reason);
    this.name = 'EmptyAnswer';
  }

  /** What goes with the status. */
  get headers(): Readonly<Record<string, string>> {
    if (this.status === 429) return { 'Retry-After': String(this.waitSeconds) };
    return this.status === 401 ? { 'WWW-Authenticate': 'Basic realm="travis-hub"' } : {};
  }
}
