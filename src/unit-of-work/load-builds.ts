import { LRUCache } from 'lru-cache';
import type { Command } from '../contracts/command';
import { BUILD_STATES, isFinished, type BuildState } from '../contracts/states';
import type { Tx } from '../database/transaction';
import { readBuildConfig } from './build-config';
import type { BuildConfig, BuildRecord, StageRecord } from './records';
import type { UnitOfWork } from './unit-of-work';

/** Config rows never change, so what was read from them is kept. Keyed by `build_configs.id`. */
const configs = new LRUCache<number, BuildConfig>({ max: 10_000 });
const NO_CONFIG: BuildConfig = { fastFinish: false, broken: false };

export interface BuildRow {
  id: number;
  repository_id: number | null;
  number: string | null;
  state: string | null;
  previous_state: string | null;
  config_id: number | null;
  duration: number | null;
  received_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  canceled_at: Date | null;
  restarted_at: Date | null;
}

/** The build of each of these jobs. Those that belong to none, or that are not there, are left out. */
export async function findBuildsOf(tx: Tx, jobIds: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (jobIds.length === 0) return new Map();
  const rows = await tx.query<{ id: number; build_id: number }>(
    `SELECT id, source_id AS build_id FROM jobs
      WHERE id = ANY ($1::bigint[]) AND source_type = 'Build' AND source_id IS NOT NULL`,
    [jobIds],
  );
  return new Map(rows.map(({ id, build_id }) => [id, build_id]));
}

/**
 * Locks the builds that are named, and those of the jobs that are named, by id. Of `builds` alone: a join with what else was
 * asked would lose rows that another replica has just changed.
 */
export function lockBuilds(tx: Tx, jobIds: readonly number[], buildIds: readonly number[]): Promise<BuildRow[]> {
  return tx.query<BuildRow>(
    `SELECT id, repository_id, number, state, previous_state, config_id, duration, received_at, started_at, finished_at,
            canceled_at, restarted_at
       FROM builds
      WHERE id = ANY (ARRAY(SELECT source_id::bigint FROM jobs WHERE id = ANY ($1::bigint[]) AND source_type = 'Build') || $2::bigint[])
      ORDER BY id FOR NO KEY UPDATE`,
    [jobIds, buildIds],
  );
}

/** Adds locked builds with their stages to the unit of work. */
export async function loadBuilds(tx: Tx, uow: UnitOfWork, rows: readonly BuildRow[]): Promise<void> {
  const [notes] = await Promise.all([
    loadStagesAndNotes(
      tx,
      uow,
      rows.map((row) => row.id),
    ),
    loadConfigs(
      tx,
      rows.map((row) => row.config_id),
    ),
  ]);
  for (const row of rows) {
    const own = notes.get(row.id);
    const restartedFrom = own?.restarted_from ?? null;
    const build: BuildRecord = {
      id: row.id,
      repositoryId: row.repository_id,
      number: row.number,
      config: row.config_id === null ? NO_CONFIG : (configs.get(row.config_id) ?? NO_CONFIG),
      previousState: row.previous_state,
      state: buildState(row.state),
      duration: row.duration,
      receivedAt: row.received_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      canceledAt: row.canceled_at,
      restartedAt: row.restarted_at,
      lastSeq: own?.last_seq ?? 0,
      restartedFrom: restartedFrom !== null && isFinished(restartedFrom) ? restartedFrom : null,
    };
    uow.builds.set(build.id, build);
    uow.track(build);
    if (build.state !== row.state) uow.hasForeignState(build);
  }
}

async function loadConfigs(tx: Tx, ids: readonly (number | null)[]): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => id !== null && !configs.has(id));
  if (missing.length === 0) return;
  const found = await tx.query<{ id: number; config: unknown }>(
    'SELECT id, config FROM build_configs WHERE id = ANY ($1::integer[])',
    [missing],
  );
  for (const row of found) configs.set(row.id, readBuildConfig(row.config));
}

/** What `hub.builds` knows of a build. */
interface BuildNotes {
  readonly last_seq: number;
  readonly restarted_from: string | null;
}

interface StageRow {
  readonly build_id: number;
  readonly last_seq: number | null;
  readonly restarted_from: string | null;
  readonly id: number | null;
  readonly number: number | null;
  readonly name: string | null;
  readonly state: string | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** OFFSET 0 keeps each lookup a lookup: as a join, planned while the table was empty, it would read all of it. */
async function loadStagesAndNotes(
  tx: Tx,
  uow: UnitOfWork,
  buildIds: readonly number[],
): Promise<ReadonlyMap<number, BuildNotes>> {
  const rows = await tx.query<StageRow>(
    `SELECT b.id AS build_id, n.last_seq, n.restarted_from, s.id, s.number, s.name, s.state, s.started_at, s.finished_at
       FROM unnest($1::bigint[]) AS b(id)
       LEFT JOIN LATERAL (SELECT * FROM hub.builds WHERE build_id = b.id OFFSET 0) n ON true
       LEFT JOIN LATERAL (SELECT * FROM stages WHERE build_id = b.id OFFSET 0) s ON true
      ORDER BY s.id`,
    [buildIds],
  );
  const notes = new Map<number, BuildNotes>();
  for (const row of rows) {
    if (row.last_seq !== null) notes.set(row.build_id, { last_seq: row.last_seq, restarted_from: row.restarted_from });
    if (row.id === null) continue;
    const stage: StageRecord = {
      id: row.id,
      buildId: row.build_id,
      number: row.number,
      name: row.name,
      state: buildState(row.state),
      startedAt: row.started_at,
      finishedAt: row.finished_at,
    };
    uow.addStage(stage);
    if (stage.state !== row.state) uow.hasForeignState(stage);
  }
  return notes;
}

/**
 * Finds those of the builds that may start that have a newer build of their repository that has started: that one stays
 * the repository's current one (states.md §4).
 *
 * @param loadedIds what is in the unit of work is looked at there, as the commands leave it
 */
export async function findOvertakenBuilds(
  tx: Tx,
  uow: UnitOfWork,
  commands: readonly Command[],
  loadedIds: readonly number[],
): Promise<void> {
  const idsOf = (subject: Command['subject'], ...names: readonly string[]) =>
    commands.filter((c) => c.subject === subject && names.includes(c.name)).map(({ id }) => id);
  const [jobs, builds] = [idsOf('job', 'start'), idsOf('build', 'start')];
  if (jobs.length + builds.length === 0) return;
  const putBack = commands.some(({ name }) => name === 'restart' || name === 'reset');
  // The inner query cannot be flattened into a join, so that it always goes by the index of one repository.
  const rows = await tx.query<{ id: number }>(
    `SELECT c.id FROM builds c
      CROSS JOIN LATERAL (
        SELECT max(n.id) AS id FROM builds n
         WHERE n.repository_id = c.repository_id AND n.id > c.id AND n.id <> ALL ($3::bigint[])
           AND n.state IN ('started', 'passed', 'failed', 'errored', 'canceled')) newer
      WHERE c.id = ANY (ARRAY(SELECT source_id::bigint FROM jobs WHERE id = ANY ($1::bigint[]) AND source_type = 'Build') || $2::bigint[])
        AND ($4 OR coalesce(c.state, 'created') NOT IN ('started', 'passed', 'failed', 'errored', 'canceled'))
        AND newer.id IS NOT NULL`,
    [jobs, builds, loadedIds, putBack],
  );
  for (const row of rows) uow.overtakenBuilds.add(row.id);
}

/** Hub's word for a build's or stage's stored state: what nobody knows, and NULL, is not yet started. */
export function buildState(text: string | null): BuildState {
  return (BUILD_STATES as readonly string[]).includes(text ?? '') ? (text as BuildState) : 'created';
}
