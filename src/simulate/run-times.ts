import type { Step } from './domain/script';

/** The times of a run, and in which of its messages workers send them. */
export class RunTimes {
  private received: string | undefined;
  private started: string | undefined;

  constructor(private readonly queuedAt: string) {}

  /** The times that the report of this step carries, all that is known being repeated. */
  at(step: Step, now: Date): Record<string, string> {
    const time = goTime(now);
    if (step === 'receive') this.received = time;
    if (step === 'start') this.started = time;
    const known = { queued_at: goTime(new Date(this.queuedAt)), ...this.known() };
    if (step === 'receive' || step === 'start' || step === 'reset') return known;
    // A run that ends before it was received or started says the time of its end for both.
    return { ...known, received_at: this.received ?? time, started_at: this.started ?? time, finished_at: time };
  }

  private known(): Record<string, string> {
    return {
      ...(this.received !== undefined && { received_at: this.received }),
      ...(this.started !== undefined && { started_at: this.started }),
    };
  }
}

/** RFC 3339 in UTC with whole seconds. */
function goTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
