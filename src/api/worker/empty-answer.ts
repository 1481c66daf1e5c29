/**
 * An answer without a body, as Travis Hub gives it to whoever may not do what it asks (wire.md §2.1): agents and workers
 * look at the status only. The reason goes to the log.
 */
export class EmptyAnswer extends Error {
  constructor(
    readonly status: 400 | 401 | 403,
    reason: string,
  ) {
    super(reason);
    this.name = 'EmptyAnswer';
  }

  /** What goes with the status. */
  get headers(): Readonly<Record<string, string>> {
    return this.status === 401 ? { 'WWW-Authenticate': 'Basic realm="travis-hub"' } : {};
  }
}
