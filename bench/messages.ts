import { Random } from './random';
import type { SeededTraffic } from './seed';
import type { Step } from './traffic';

/** A message as it is published: its AMQP type, and its body as text. */
export type WireMessage = readonly [type: string, body: string];

const TYPES: Readonly<Record<Step, string>> = {
  receive: 'job:test:receive',
  start: 'job:test:start',
  reset: 'job:test:reset',
  cancel: 'job:cancel',
  passed: 'job:test:finish',
  failed: 'job:test:finish',
  errored: 'job:test:finish',
  cancelled: 'job:test:finish',
};

/** How many messages share a second of the workers' clocks. */
const PER_SECOND = 100;

/** What a worker knows of the run of a job it has in hand. */
interface Run {
  readonly uuid: string;
  readonly received: number;
  count: number;
  started?: number;
}

/** Writes the messages as workers and the API do: keys in order, times in whole seconds (protocol: wire contract). */
export function wireMessages({ traffic, jobIds, seed }: SeededTraffic): WireMessage[] {
  const random = new Random(seed ^ 0x776f726b);
  const began = Math.floor(Date.now() / 1_000) * 1_000;
  const runs = new Map<number, Run>();
  return traffic.messages.map(({ build, job, step }, i) => {
    const id = jobIds[build]?.[job] ?? 0;
    const said = traffic.builds[build]?.jobs[job]?.steps[step] ?? 'receive';
    if (said === 'cancel') {
      return [TYPES.cancel, JSON.stringify({ id: String(id), user_id: 1, source: 'api', reason: 'canceled by hand' })];
    }
    const now = began + Math.floor(i / PER_SECOND) * 1_000;
    const known = runs.get(id);
    const run = said === 'receive' || !known ? { uuid: uuid(random), received: now, count: 0 } : known;
    runs.set(id, run);
    return [TYPES[said], JSON.stringify(workerBody(id, said, run, began, now))];
  });
}

function workerBody(id: number, said: Step, run: Run, queued: number, now: number): Record<string, unknown> {
  if (said === 'start') run.started = now;
  const booted = run.started !== undefined;
  const finish = TYPES[said] === TYPES.passed;
  return {
    ...(finish && { finished_at: seconds(now) }),
    id,
    meta: {
      ...(booted && { instance_id: `travis-job-${run.uuid}` }),
      state_update_count: run.count++,
      uuid: run.uuid,
    },
    queued_at: seconds(queued),
    received_at: seconds(run.received),
    ...(run.started !== undefined && { started_at: seconds(run.started) }),
    state: { receive: 'received', start: 'started' }[said as string] ?? said,
    vm_size: booted ? 'm6g.xlarge' : 'large',
  };
}

function seconds(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

function uuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join('-');
}
