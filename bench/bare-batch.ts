import type { Client, QueryResultRow } from 'pg';
import { arrayText } from '../src/database/array-text';
import { arrays, BARE, BEGIN, Changes, type Row } from './bare-statements';

/** A worker's message, as far as a program without Hub's rules looks at it. Times stay the text they come as. */
export interface BareMessage {
  readonly id: number | string;
  readonly state?: string;
  readonly meta?: { readonly uuid: string; readonly state_update_count: number; readonly instance_id?: string };
  readonly received_at?: string;
  readonly started_at?: string;
  readonly finished_at?: string;
  readonly vm_size?: string;
}

interface JobRow extends Row {
  readonly id: number;
  readonly build_id: number;
  readonly stage_id: number | null;
  readonly run: number | null;
  state: string;
}

interface BuildRow extends Row {
  readonly id: number;
  readonly repository_id: number;
  state: string | null;
}

interface RunRow extends Row {
  readonly job_id: number;
  readonly ordinal: number;
  readonly uuid: string;
}

interface Loaded {
  readonly builds: readonly BuildRow[];
  readonly repositories: readonly Row[];
  readonly jobs: readonly JobRow[];
  /** With the last number of its build's events; a build without stages has one row, without an id. */
  readonly stages: readonly Row[];
  readonly runs: readonly RunRow[];
}

const OVER = new Set<unknown>(['passed', 'failed', 'errored', 'canceled']);
const STATES: Readonly<Record<string, string>> = { cancelled: 'canceled', reset: 'created' };
const EVENTS: Readonly<Record<string, string>> = {
  received: 'job:received',
  started: 'job:started',
  created: 'job:restarted',
};
/** What the snapshots of events show. */
const TIMES = ['started_at', 'finished_at', 'canceled_at', 'restarted_at'];
const BUILD = ['id', 'number', 'state', 'previous_state', 'duration', ...TIMES];
const STAGE = ['id', 'number', 'name', 'state', 'started_at', 'finished_at'];
const JOB_TIMES = ['queued_at', 'received_at', ...TIMES];
const JOB = ['id', 'number', 'state', 'stage_id', 'allow_failure', 'queue', 'vm_size', ...JOB_TIMES];

/** One batch in one transaction, with Hub's statements and hardly any decision: what the machine could do at best. */
export async function runBareBatch(client: Client, messages: readonly BareMessage[]): Promise<void> {
  const query = async <R extends QueryResultRow>(name: keyof typeof BARE, params: readonly unknown[]) => {
    const values = params.map((value) => (Array.isArray(value) ? arrayText(value as string[]) : value));
    return (await client.query<R>({ name, text: BARE[name], values })).rows;
  };
  const idsOf = (wanted: (message: BareMessage) => boolean) => messages.filter(wanted).map(({ id }) => Number(id));
  const ids = idsOf(() => true);
  const starting = idsOf(({ state }) => state === 'started');
  const ending = idsOf(({ state }) => state !== 'started' && state !== 'received');

  const [, builds] = await Promise.all([client.query(BEGIN), query<BuildRow>('lockBuilds', [ids, []])]);
  const buildIds = builds.map(({ id }) => id);
  const notStarted = builds.filter(({ state }) => state === 'created').map(({ id }) => id);
  const [repositories, jobs, stages, runs] = await Promise.all([
    query<Row>('lockRepositories', [[...new Set(builds.map((build) => build.repository_id))]]),
    query<JobRow>('loadJobs', [ids, [], buildIds, ending, starting, notStarted]),
    query<Row>('loadStages', [buildIds]),
    query<RunRow>('loadRuns', [idsOf(({ meta }) => meta !== undefined)]),
    query('findOvertaken', [starting, [], buildIds, false]),
  ]);
  const params = decide(messages, { builds, repositories, jobs, stages, runs });
  await Promise.all([query('write', params), client.query('COMMIT')]);
}

/**
 * Every message sets its job's state; the first start starts stage and build, the last end ends them. No other rule.
 *
 * @returns the parameters of the one statement that writes
 */
function decide(messages: readonly BareMessage[], loaded: Loaded): unknown[] {
  const now = new Date().toISOString();
  const jobs = new Map(loaded.jobs.map((job) => [job.id, job]));
  const builds = new Map(loaded.builds.map((build) => [build.id, build]));
  const repositories = new Map(loaded.repositories.map((row) => [row.id, row]));
  const jobsOf = grouped(loaded.jobs);
  const stagesOf = grouped(loaded.stages.filter(({ id }) => id !== null));
  const seqs = new Map(loaded.stages.map((row) => [row.build_id, Number(row.last_seq)]));
  const runs = new Map(loaded.runs.map((run) => [`${run.job_id}/${run.uuid}`, run]));
  const ordinals = new Map(loaded.runs.map(({ job_id, ordinal }) => [job_id, ordinal]));
  const newRuns = new Set<Row>();
  const knownRuns = new Set<Row>();
  const changed = {
    jobs: new Changes('jobs'),
    stages: new Changes('stages'),
    builds: new Changes('builds'),
    repositories: new Changes('repositories'),
  };
  const events: Row[] = [];
  const snapshots: string[] = [];

  const record = (name: string, { id, repository_id }: BuildRow, job: JobRow | null, snapshot: object) => {
    const seq = (seqs.get(id) ?? 0) + 1;
    seqs.set(id, seq);
    events.push({ build_id: id, seq, name, job_id: job?.id ?? null, repository_id, planned: job !== null });
    snapshots.push(JSON.stringify(snapshot));
  };
  const noteRun = (job: JobRow, { meta, received_at = now }: BareMessage) => {
    if (!meta) return;
    const key = `${job.id}/${meta.uuid}`;
    const known = runs.get(key);
    const ordinal = (ordinals.get(job.id) ?? 0) + 1;
    const run = known ?? { job_id: job.id, ordinal, uuid: meta.uuid, received_at, run: job.run ?? 1 };
    run.last_count = meta.state_update_count;
    run.instance_id = meta.instance_id ?? null;
    if (known && !newRuns.has(known)) knownRuns.add(known);
    if (known) return;
    ordinals.set(job.id, ordinal);
    runs.set(key, run);
    newRuns.add(run);
  };

  for (const message of messages) {
    const job = jobs.get(Number(message.id));
    const build = job && builds.get(job.build_id);
    if (!job || !build) continue;
    const { state: said = 'canceled' } = message;
    const state = STATES[said] ?? said;
    const time = said === 'received' || said === 'started' ? (`${said}_at` as const) : 'finished_at';
    const at = message[time] ?? now;
    changed.jobs.set(job, { state, [time]: at, vm_size: message.vm_size ?? job.vm_size ?? null });
    noteRun(job, message);

    const begins = (row: Row) => state === 'started' && row.state !== 'started';
    const ends = (rows: readonly Row[]) => OVER.has(state) && rows.every((each) => OVER.has(each.state));
    const siblings = jobsOf.get(build.id) ?? [];
    const stages = stagesOf.get(build.id) ?? [];
    const stage = stages.find(({ id }) => id === job.stage_id);
    if (stage && (begins(stage) || ends(siblings.filter(({ stage_id }) => stage_id === job.stage_id))))
      changed.stages.set(stage, { state, [time]: at });

    const cause = { command: said, vm_size: job.vm_size };
    record(EVENTS[state] ?? 'job:finished', build, job, {
      build: pick(build, BUILD),
      cause,
      job: pick(job, JOB),
      stage: stage && pick(stage, STAGE),
    });
    if (!begins(build) && !ends(siblings)) continue;
    changed.builds.set(build, { state, [time]: at });
    const repository = repositories.get(build.repository_id);
    if (repository) {
      const last = { last_build_id: build.id, last_build_number: build.number ?? null, current_build_id: build.id };
      changed.repositories.set(repository, { ...last, last_build_state: state, [`last_build_${time}`]: at });
    }
    record(state === 'started' ? 'build:started' : 'build:finished', build, null, {
      build: pick(build, BUILD),
      cause,
      jobs: siblings.map((each) => pick(each, JOB)),
      stages: stages.map((each) => pick(each, STAGE)),
      repository,
    });
  }
  return [
    ...changed.jobs.params(),
    loaded.jobs.filter((job) => job.locked && OVER.has(job.state)).map(({ id }) => id),
    ...changed.stages.params(),
    ...changed.builds.params(),
    ...changed.repositories.params(),
    ...arrays(newRuns, 'job_id', 'ordinal', 'uuid', 'last_count', 'received_at', 'instance_id', 'run'),
    ...arrays(knownRuns, 'job_id', 'ordinal', 'last_count', 'received_at', 'instance_id', 'run'),
    [...seqs.keys()],
    [...seqs.values()],
    [...seqs].map(() => null),
    ...arrays(events, 'build_id', 'seq', 'name', 'job_id', 'repository_id', 'planned'),
    now,
    `[${snapshots.join(',')}]`,
  ];
}

function grouped<R extends Row>(rows: readonly R[]): Map<unknown, R[]> {
  const groups = new Map<unknown, R[]>();
  for (const row of rows) {
    const group = groups.get(row.build_id);
    if (group) group.push(row);
    else groups.set(row.build_id, [row]);
  }
  return groups;
}

function pick(row: Row, names: readonly string[]): Row {
  const picked: Row = {};
  for (const name of names) picked[name] = row[name] ?? null;
  return picked;
}
