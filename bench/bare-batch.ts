import type { Client } from 'pg';
import { BARE } from './bare-statements';

/** A worker's message, as far as a program without Hub's rules looks at it. */
export interface BareMessage {
  readonly id: number | string;
  readonly state?: string;
  readonly meta?: { readonly uuid: string; readonly state_update_count: number; readonly instance_id?: string };
}

interface JobRow {
  readonly id: number;
  readonly build_id: number;
  readonly stage_id: number | null;
  state: string;
  received_at: string | null;
  started_at: string | null;
  finished_at: string | null;
}

interface BuildRow {
  readonly id: number;
  readonly repository_id: number;
  state: string;
}

interface RunRow {
  readonly job_id: number;
  readonly ordinal: number;
  readonly uuid: string;
  last_count: number;
  received_at: string | null;
  instance_id: string | null;
  readonly run: number;
}

interface Event {
  readonly build: BuildRow;
  readonly job: JobRow | null;
  readonly seq: number;
  readonly name: string;
  readonly snapshot: string;
}

const OVER = new Set(['passed', 'failed', 'errored', 'canceled']);

/** One batch in one transaction, with Hub's statements and hardly any decision: what the machine could do at best. */
export async function runBareBatch(client: Client, messages: readonly BareMessage[]): Promise<void> {
  const query = async <R>(sql: string, params: unknown[] = []) => (await client.query(sql, params)).rows as R[];
  const ids = messages.map(({ id }) => Number(id));
  await client.query(BARE.begin);
  const builds = await query<BuildRow>(BARE.lockBuilds, [ids, []]);
  const buildIds = builds.map(({ id }) => id);
  const repositoryIds = [...new Set(builds.map((build) => build.repository_id))];
  await query(BARE.lockRepositories, [repositoryIds]);
  const locked = await query<JobRow>(BARE.lockJobs, [ids, []]);
  const siblings = await query<JobRow>(BARE.siblings, [buildIds, locked.map(({ id }) => id)]);
  const jobs = [...locked, ...siblings];
  await query(BARE.runsOfJobs, [jobs.map(({ id }) => id)]);
  const known = await query<{ build_id: number; last_seq: number }>(BARE.hubBuilds, [buildIds]);
  const stages = await query<{ id: number; build_id: number }>(BARE.stages, [buildIds]);
  const runs = await query<RunRow>(BARE.runs, [ids]);
  await query(BARE.overtaken, [buildIds, builds.map((build) => build.repository_id)]);

  const decided = decide(messages, { builds, jobs, known, runs });
  const { changedJobs, changedBuilds, changedRuns, events, seqs, now } = decided;
  await query(BARE.updateJobs, [
    changedJobs.map(({ id }) => id),
    changedJobs.map(({ state }) => state),
    changedJobs.map((job) => job.received_at),
    changedJobs.map((job) => job.started_at),
    changedJobs.map((job) => job.finished_at),
  ]);
  await query(BARE.unqueue, [changedJobs.filter(({ state }) => OVER.has(state)).map(({ id }) => id)]);
  if (changedBuilds.length > 0) {
    const changedIds = new Set(changedBuilds.map(({ id }) => id));
    const changedStages = stages.filter((stage) => changedIds.has(stage.build_id));
    const states = changedBuilds.map(({ state }) => state);
    const nows = changedBuilds.map(() => now);
    await query(BARE.updateStages, [
      changedStages.map(({ id }) => id),
      changedStages.map(() => 'started'),
      changedStages.map(() => now),
    ]);
    await query(BARE.updateBuilds, [changedBuilds.map(({ id }) => id), states, nows]);
    const newest = [...new Map(changedBuilds.map((build) => [build.repository_id, build])).values()];
    await query(BARE.updateRepositories, [
      newest.map((build) => build.repository_id),
      newest.map(({ id }) => id),
      newest.map(({ state }) => state),
      newest.map(() => now),
    ]);
  }
  await query(BARE.saveRuns, [
    changedRuns.map((run) => run.job_id),
    changedRuns.map((run) => run.ordinal),
    changedRuns.map((run) => run.uuid),
    changedRuns.map((run) => run.last_count),
    changedRuns.map((run) => run.received_at),
    changedRuns.map((run) => run.instance_id),
    changedRuns.map((run) => run.run),
  ]);
  await query(BARE.saveBuilds, [[...seqs.keys()], [...seqs.values()], [...seqs].map(() => null)]);
  await query(BARE.insertEvents, [
    events.map(({ build }) => build.id),
    events.map(({ seq }) => seq),
    events.map(({ name }) => name),
    events.map(({ job }) => job?.id ?? null),
    events.map(({ build }) => build.repository_id),
    events.map(({ snapshot }) => snapshot),
    now,
  ]);
  await client.query('COMMIT');
}

interface Loaded {
  readonly builds: readonly BuildRow[];
  readonly jobs: readonly JobRow[];
  readonly known: readonly { build_id: number; last_seq: number }[];
  readonly runs: readonly RunRow[];
}

/** Every message sets its job's state; the first start starts the build, the last end ends it. No other rule. */
function decide(messages: readonly BareMessage[], loaded: Loaded) {
  const now = new Date().toISOString();
  const jobs = new Map(loaded.jobs.map((job) => [job.id, job]));
  const builds = new Map(loaded.builds.map((build) => [build.id, build]));
  const jobsOf = new Map<number, JobRow[]>();
  for (const job of loaded.jobs) jobsOf.set(job.build_id, [...(jobsOf.get(job.build_id) ?? []), job]);
  const runs = new Map(loaded.runs.map((run) => [`${run.job_id}/${run.uuid}`, run]));
  const ordinals = new Map<number, number>();
  for (const { job_id, ordinal } of loaded.runs) ordinals.set(job_id, ordinal);
  const seqs = new Map(loaded.known.map((row) => [row.build_id, row.last_seq]));
  const changedJobs = new Set<JobRow>();
  const changedBuilds = new Set<BuildRow>();
  const changedRuns = new Set<RunRow>();
  const events: Event[] = [];

  const record = (name: string, build: BuildRow, job: JobRow | null) => {
    const seq = (seqs.get(build.id) ?? 0) + 1;
    seqs.set(build.id, seq);
    const snapshot = JSON.stringify(job ? { build, job } : { build, jobs: jobsOf.get(build.id) });
    events.push({ build, job, seq, name, snapshot });
  };
  const change = (build: BuildRow, state: string, name: string) => {
    build.state = state;
    changedBuilds.add(build);
    record(name, build, null);
  };
  for (const { id, state = 'canceled', meta } of messages) {
    const job = jobs.get(Number(id));
    const build = job && builds.get(job.build_id);
    if (!job || !build) continue;
    job.state = state === 'cancelled' ? 'canceled' : state;
    if (state === 'received') job.received_at = now;
    else if (state === 'started') job.started_at = now;
    else job.finished_at = now;
    changedJobs.add(job);
    if (meta) {
      const key = `${job.id}/${meta.uuid}`;
      const ordinal = (ordinals.get(job.id) ?? 0) + 1;
      const run = runs.get(key) ?? {
        job_id: job.id,
        ordinal,
        uuid: meta.uuid,
        last_count: 0,
        received_at: now,
        instance_id: null,
        run: 1,
      };
      if (!runs.has(key)) ordinals.set(job.id, ordinal);
      runs.set(key, run);
      run.last_count = meta.state_update_count;
      run.instance_id = meta.instance_id ?? null;
      changedRuns.add(run);
    }
    if (state === 'started' && build.state !== 'started') change(build, 'started', 'build:started');
    if (OVER.has(job.state) && jobsOf.get(build.id)?.every((each) => OVER.has(each.state)))
      change(build, job.state, 'build:finished');
    record(`job:${state}`, build, job);
  }
  return {
    now,
    events,
    seqs,
    changedJobs: [...changedJobs],
    changedBuilds: [...changedBuilds],
    changedRuns: [...changedRuns],
  };
}
