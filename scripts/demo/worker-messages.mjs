/**
 * The messages of a worker, byte for byte as today's travis-ci/worker writes them: keys sorted, times in UTC with whole
 * seconds, the event's name only in the AMQP property `type`.
 */

/** How the bodies of a run begin and what is known of it so far. */
export class RunMessages {
  #count = 0;

  /**
   * @param {object} run
   * @param {number} run.jobId
   * @param {string} run.uuid one per run of a job on a worker
   * @param {string} run.queuedAt ISO time that the scheduler gave
   */
  constructor({ jobId, uuid, queuedAt }) {
    this.jobId = jobId;
    this.uuid = uuid;
    this.times = { queued_at: goTime(new Date(queuedAt)) };
    this.instanceId = undefined;
  }

  receive() {
    this.times.received_at = goTime(new Date());
    return this.#message('job:test:receive', 'received', { vm_size: 'large' });
  }

  start() {
    this.instanceId = `travis-job-${this.uuid}`;
    this.times.started_at = goTime(new Date());
    return this.#message('job:test:start', 'started', { vm_size: 'm6g.xlarge' });
  }

  /** @param {'passed' | 'failed' | 'errored' | 'cancelled'} state cancelled is written with two l */
  finish(state) {
    const now = goTime(new Date());
    this.times = { received_at: now, started_at: now, ...this.times, finished_at: now };
    return this.#message('job:test:finish', state);
  }

  /** The machine did not boot: the job is to be run again. */
  reset() {
    return this.#message('job:test:reset', 'reset');
  }

  #message(type, state, more = {}) {
    const meta = { instance_id: this.instanceId, state_update_count: this.#count++, uuid: this.uuid };
    const body = sorted({ id: this.jobId, state, meta, ...this.times, ...more });
    const properties = { type, contentType: 'application/json', deliveryMode: 2, timestamp: seconds(new Date()) };
    return { type, body: Buffer.from(JSON.stringify(body)), properties };
  }
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const seconds = (date) => Math.floor(date.getTime() / 1000);
const goTime = (date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
