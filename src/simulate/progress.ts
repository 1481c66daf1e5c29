/** Whether anything still moves: when nothing does for long, waiting on is pointless. */
export class Progress {
  private last = performance.now();
  private reject: (error: unknown) => void = () => undefined;
  /** Rejects when something went wrong that nobody waited for. */
  readonly failed = new Promise<never>((_, reject) => (this.reject = reject));

  constructor() {
    this.failed.catch(() => undefined);
  }

  fail(error: unknown): void {
    this.reject(error);
  }

  moved(): void {
    this.last = performance.now();
  }

  /** For how long nothing has moved, in milliseconds. */
  get stillMs(): number {
    return performance.now() - this.last;
  }
}
