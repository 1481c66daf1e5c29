import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BUILD_COMMANDS, JOB_COMMANDS } from '../contracts/command';

/** All of Hub's metrics. Its own registry, because prom-client's default one belongs to whoever loads the library. */
export const registry = new Registry();
const registers = [registry];

/**
 * What became of a message. `retried` counts tries, the others count messages, so their sum is the messages taken.
 *
 * - `applied`: changed a row. `ignored`: nothing to change. `duplicate`: seen before, or overtaken (D6).
 * - `refused`: known but not allowed now. `parked`: can never be applied as it is.
 */
export type MessageOutcome = 'applied' | 'ignored' | 'duplicate' | 'refused' | 'parked' | 'retried';

const KNOWN_TYPES = [...JOB_COMMANDS.map((name) => `job:${name}`), ...BUILD_COMMANDS.map((name) => `build:${name}`)];

/** Labels of message types, with and without `:test`. */
const LABELS: ReadonlyMap<string, string> = new Map(
  KNOWN_TYPES.flatMap((type) => [[type, type] as const, [type.replace(':', ':test:'), type] as const]),
);

/** The label of a message type. Senders choose types freely, so unknown ones share one label: `other`. */
export function typeLabel(type: string | undefined): string {
  return LABELS.get(type ?? '') ?? 'other';
}

export const messagesTotal = new Counter({
  name: 'hub_messages_total',
  help: 'Messages taken in, by type and outcome; outcome "retried" counts repeated tries.',
  labelNames: ['type', 'outcome'] as const,
  registers,
});

export const messageDuration = new Histogram({
  name: 'hub_message_duration_seconds',
  help: 'From taking a message to its commit.',
  labelNames: ['type'] as const,
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
  registers,
});

export const messagesInFlight = new Gauge({
  name: 'hub_messages_in_flight',
  help: 'Messages taken but not settled yet.',
  registers,
});

export const consumerUp = new Gauge({
  name: 'hub_consumer_up',
  help: '1 while the broker knows our consumer. Absent when no broker is configured.',
  registers,
});
consumerUp.remove();

export const sidekiqConsumerUp = new Gauge({
  name: 'hub_sidekiq_consumer_up',
  help: '1 while jobs are taken from Redis. Absent when no Redis is configured.',
  registers,
});
sidekiqConsumerUp.remove();

export const sidekiqBacklog = new Gauge({
  name: 'hub_sidekiq_backlog',
  help: 'Jobs that wait in the queue hub in Redis. Absent when Redis does not tell.',
  registers,
});
sidekiqBacklog.remove();

export const batchSize = new Histogram({
  name: 'hub_batch_size',
  help: 'Commands in one transaction.',
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  registers,
});

export const batchDuration = new Histogram({
  name: 'hub_batch_duration_seconds',
  help: 'One transaction from BEGIN to COMMIT.',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  registers,
});

export const transitionsTotal = new Counter({
  name: 'hub_transitions_total',
  help: 'Committed changes of state, by event.',
  labelNames: ['event'] as const,
  registers,
});

export const eventLag = new Histogram({
  name: 'hub_event_lag_seconds',
  help: 'From the time a worker gives for what happened to its commit.',
  labelNames: ['event'] as const,
  buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200],
  registers,
});

export const jobPhase = new Histogram({
  name: 'hub_job_phase_seconds',
  help: 'How long jobs wait and run, by queue: wait for a worker (queue), boot, run, and all from its worker on (total).',
  labelNames: ['phase', 'queue'] as const,
  buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800],
  registers,
});

export const parkedTotal = new Counter({
  name: 'hub_parked_total',
  help: 'Messages parked because they can never be applied as they are, by reason.',
  labelNames: ['reason'] as const,
  registers,
});

export const deliveryAttemptsTotal = new Counter({
  name: 'hub_delivery_attempts_total',
  help: 'Attempts to deliver, by channel and outcome.',
  labelNames: ['channel', 'outcome'] as const,
  registers,
});

export const staleJobsTotal = new Counter({
  name: 'hub_stale_jobs_total',
  help: 'Jobs that were found stale, by what became of them: errored, left_alone (heard of after all) or failed.',
  labelNames: ['outcome'] as const,
  registers,
});

export const doctorFindingsTotal = new Counter({
  name: 'hub_doctor_findings_total',
  help: 'What was found wrong among recent builds, by what became of it: mended, advice (only a person can mend it), left or failed.',
  labelNames: ['check', 'outcome'] as const,
  registers,
});

/** Counts a message that is settled (or, with `retried`, one more try of it). */
export function countMessage(type: string | undefined, outcome: MessageOutcome): void {
  messagesTotal.inc({ type: typeLabel(type), outcome });
}

/** @param seconds from taking the message to its commit */
export function timeMessage(type: string | undefined, seconds: number): void {
  messageDuration.observe({ type: typeLabel(type) }, seconds);
}
