import type { Tx } from '../../database/transaction';
import { jobsOf, type CreateBuild } from '../requests/create-build.schema';
import type { Account } from './account.rows';
import type { GitRows } from './git.rows';
import type { LockedRepository } from './repository.rows';

/** What the rows of a new build are made from. */
export interface NewBuild {
  readonly body: CreateBuild;
  readonly repository: LockedRepository;
  readonly git: GitRows;
  readonly sender: Account | null;
  readonly configId: number;
  /** In the order of the jobs. */
  readonly jobConfigIds: readonly number[];
}

/** Adds build, stages and jobs. The build's create command makes the jobs queueable. @returns the build's id */
export async function writeBuildRows(tx: Tx, given: NewBuild): Promise<number> {
  const jobCount = given.jobConfigIds.length;
  // Builds and jobs share one sequence. Drawn together and sorted, ids grow in the order of the jobs.
  const drawn = await tx.query<{ id: number }>(
    `SELECT nextval('shared_builds_tasks_seq') AS id FROM generate_series(0, $1::integer)`,
    [jobCount],
  );
  const [buildId, ...jobIds] = drawn.map((row) => row.id).sort((a, b) => a - b) as [number, ...number[]];
  await addBuild(tx, given, buildId);
  const stageIds = await addStages(tx, given.body, buildId);
  await addJobs(tx, given, buildId, jobIds, stageIds);
  await pointToBuild(tx, given, buildId);
  return buildId;
}

/**
 * The result a build is compared with to say "fixed" or "broken": that of the newest finished build of its branch,
 * pull requests left out; a pull request is compared with its base branch (notifications.md §0.13).
 */
const PREVIOUS_STATE = `
  (SELECT p.state FROM builds p
    WHERE p.repository_id = $2 AND p.branch = $5 AND p.event_type IS DISTINCT FROM 'pull_request'
      AND p.state IN ('passed', 'failed', 'errored', 'canceled')
    ORDER BY p.id DESC LIMIT 1)`;

async function addBuild(tx: Tx, given: NewBuild, id: number): Promise<void> {
  const { body, repository, git, sender } = given;
  await tx.query(
    `INSERT INTO builds (id, repository_id, number, state, previous_state, event_type, branch, private, pull_request_title,
                         pull_request_number, commit_id, request_id, pull_request_id, branch_id, tag_id, config_id,
                         owner_type, owner_id, sender_type, sender_id, created_at, updated_at)
     VALUES ($1, $2, $3, 'created', ${PREVIOUS_STATE}, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             $19::timestamp, $19::timestamp)`,
    [
      id,
      repository.id,
      String(repository.buildNumber),
      git.eventType,
      git.branch,
      repository.private,
      body.pull_request?.title ?? null,
      body.pull_request?.number ?? null,
      git.commitId,
      git.requestId,
      git.pullRequestId,
      git.branchId,
      git.tagId,
      given.configId,
      repository.ownerType,
      repository.ownerId,
      sender?.type ?? null,
      sender?.id ?? null,
      repository.now,
    ],
  );
}

/** @returns the stages' ids in their order */
async function addStages(tx: Tx, body: CreateBuild, buildId: number): Promise<number[]> {
  const stages = body.stages ?? [];
  if (stages.length === 0) return [];
  const rows = await tx.query<{ id: number }>(
    `INSERT INTO stages (build_id, number, name, state)
     SELECT $1::integer, given.number, given.name, 'created'
       FROM unnest($2::varchar[]) WITH ORDINALITY AS given(name, number) ORDER BY given.number
     RETURNING id`,
    [buildId, stages.map((stage) => stage.name ?? null)],
  );
  return rows.map((row) => row.id).sort((a, b) => a - b);
}

async function addJobs(
  tx: Tx,
  given: NewBuild,
  buildId: number,
  jobIds: readonly number[],
  stageIds: readonly number[],
): Promise<void> {
  const { repository, git, jobConfigIds } = given;
  const jobs = jobsOf(given.body);
  const inStage = new Map<number, number>();
  const stageNumbers = jobs.map(({ stage }) => {
    if (stage === null) return null;
    inStage.set(stage, (inStage.get(stage) ?? 0) + 1);
    return `${stage + 1}.${inStage.get(stage)}`;
  });
  await tx.query(
    `INSERT INTO jobs (id, repository_id, commit_id, source_type, source_id, type, state, private, owner_type, owner_id,
                       created_at, updated_at, number, stage_id, stage_number, config_id, queue, allow_failure)
     SELECT job.id, $1::integer, $2::integer, 'Build', $3::integer, 'Job::Test', 'created', $4::boolean, $5, $6::integer,
            $7::timestamp, $7::timestamp, job.number, job.stage_id, job.stage_number, job.config_id, job.queue, job.allow_failure
       FROM unnest($8::bigint[], $9::varchar[], $10::integer[], $11::varchar[], $12::integer[], $13::varchar[], $14::boolean[])
            AS job(id, number, stage_id, stage_number, config_id, queue, allow_failure)
      ORDER BY job.id`,
    [
      repository.id,
      git.commitId,
      buildId,
      repository.private,
      repository.ownerType,
      repository.ownerId,
      repository.now,
      jobIds,
      jobs.map((_, index) => `${repository.buildNumber}.${index + 1}`),
      jobs.map(({ stage }) => (stage === null ? null : stageIds[stage])),
      stageNumbers,
      jobConfigIds,
      jobs.map(({ job }) => job.queue ?? null),
      jobs.map(({ job }) => job.allow_failure ?? false),
    ],
  );
}

/** A branch and a tag know their newest build; a pull request's build is not one of the branch. */
async function pointToBuild(tx: Tx, { git }: NewBuild, buildId: number): Promise<void> {
  if (git.branchId !== null && git.pullRequestId === null) {
    await tx.query('UPDATE branches SET last_build_id = $2 WHERE id = $1', [git.branchId, buildId]);
  }
  if (git.tagId !== null) await tx.query('UPDATE tags SET last_build_id = $2 WHERE id = $1', [git.tagId, buildId]);
}
