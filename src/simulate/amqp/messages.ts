import type { Step } from '../domain/script';
import { RunTimes } from '../run-times';

/** A message as a worker publishes it: the event's name stands in the property `type` only. */
export interface WorkerMessage {
  readonly body: Buffer;
  readonly properties: {
    readonly type: string;
    readonly contentType: 'application/json';
    readonly deliveryMode: 2;
    readonly timestamp: number;
  };
}

/** What a run knows of itself besides its times. */
export interface RunFacts {
  readonly jobId: number;
  /** One per run of a job on a worker. */
  readonly uuid: string;
  readonly queuedAt: string;
  /** Whether the job was queued with the wish for a trace. */
  readonly trace: boolean;
}

/** The messages of one run, byte for byte as today's travis-ci/worker writes them. */
export class RunMessages {
  private count = 0;
  private booted = false;
  private readonly times: RunTimes;

  constructor(private readonly facts: RunFacts) {
    this.times = new RunTimes(facts.queuedAt);
  }

  /** The next message; it counts whether or not it can be published. */
  next(step: Step, now: Date): { readonly message: WorkerMessage; readonly count: number } {
    const { jobId, uuid, trace } = this.facts;
    if (step === 'start') this.booted = true;
    const count = this.count++;
    const meta = { ...(this.booted && { instance_id: `travis-job-${uuid}` }), state_update_count: count, uuid };
    const body = sorted({
      id: jobId,
      meta,
      state: STATES[step],
      vm_size: this.booted ? 'm6g.xlarge' : 'large',
      ...this.times.at(step, now),
      ...(trace && { trace: true }),
    });
    return {
      count,
      message: {
        body: Buffer.from(JSON.stringify(body)),
        properties: {
          type: TYPES[step],
          contentType: 'application/json',
          deliveryMode: 2,
          timestamp: Math.floor(now.getTime() / 1_000),
        },
      },
    };
  }
}

const FINISH = 'job:test:finish';
const TYPES: Readonly<Record<Step, string>> = {
  receive: 'job:test:receive',
  start: 'job:test:start',
  reset: 'job:test:reset',
  passed: FINISH,
  failed: FINISH,
  errored: FINISH,
  cancelled: FINISH,
};
const STATES: Readonly<Record<Step, string>> = {
  receive: 'received',
  start: 'started',
  reset: 'reset',
  passed: 'passed',
  failed: 'failed',
  errored: 'errored',
  cancelled: 'cancelled',
};

/** Go writes maps with their keys in order. */
function sorted(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
