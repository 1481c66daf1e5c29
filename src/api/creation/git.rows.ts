import type { Tx } from '../../database/transaction';
import type { CreateBuild } from '../requests/create-build.schema';
import type { Account } from './account.rows';
import type { LockedRepository } from './repository.rows';

/** What was built, as rows: everything a build refers to besides its config. */
export interface GitRows {
  /** What `builds.branch` says: for a pull request the branch it wants to go to, for a tag the tag's name. */
  readonly branch: string;
  readonly branchId: number | null;
  readonly tagId: number | null;
  readonly pullRequestId: number | null;
  readonly commitId: number;
  readonly requestId: number;
  readonly eventType: string;
}

/** Finds or creates branch, tag and pull request, and adds commit and request, which belong to this build alone. */
export async function writeGitRows(
  tx: Tx,
  body: CreateBuild,
  repository: LockedRepository,
  sender: Account | null,
): Promise<GitRows> {
  const branch = body.branch ?? body.commit.branch;
  const eventType = body.event_type ?? (body.pull_request ? 'pull_request' : 'push');
  const branchId = branch === undefined ? null : await branchOf(tx, repository, branch);
  const tagId = body.tag === undefined ? null : await tagOf(tx, repository, body.tag);
  const pullRequestId = body.pull_request ? await pullRequestOf(tx, repository, body.pull_request, branch) : null;
  const references = { branch: builtName(branch ?? body.tag), branchId, tagId, pullRequestId, eventType };
  const commitId = await addCommit(tx, repository, body, references);
  const requestId = await addRequest(tx, repository, body, { ...references, commitId }, sender);
  return { ...references, commitId, requestId };
}

function builtName(name: string | undefined): string {
  if (name === undefined) throw new Error('a build without branch and tag passed the check of its request');
  return name;
}

async function branchOf(tx: Tx, repository: LockedRepository, name: string): Promise<number> {
  return idOf(
    tx,
    `INSERT INTO branches (repository_id, name, created_at, updated_at) VALUES ($1, $2, $3::timestamp, $3::timestamp)
     ON CONFLICT (repository_id, name) DO UPDATE SET updated_at = excluded.updated_at RETURNING id`,
    [repository.id, name, repository.now],
  );
}

async function tagOf(tx: Tx, repository: LockedRepository, name: string): Promise<number> {
  return idOf(
    tx,
    `INSERT INTO tags (repository_id, name, exists_on_github, created_at, updated_at)
     VALUES ($1, $2, true, $3::timestamp, $3::timestamp)
     ON CONFLICT (repository_id, name) DO UPDATE SET updated_at = excluded.updated_at RETURNING id`,
    [repository.id, name, repository.now],
  );
}

async function pullRequestOf(
  tx: Tx,
  repository: LockedRepository,
  given: NonNullable<CreateBuild['pull_request']>,
  base: string | undefined,
): Promise<number> {
  return idOf(
    tx,
    `INSERT INTO pull_requests AS known (repository_id, number, title, state, head_ref, head_repo_slug, base_ref, created_at, updated_at)
     VALUES ($1, $2, $3, 'open', $4, $5, $6, $7::timestamp, $7::timestamp)
     ON CONFLICT (repository_id, number) DO UPDATE
       SET title = coalesce(excluded.title, known.title), head_ref = coalesce(excluded.head_ref, known.head_ref),
           head_repo_slug = coalesce(excluded.head_repo_slug, known.head_repo_slug),
           base_ref = coalesce(excluded.base_ref, known.base_ref), updated_at = excluded.updated_at
     RETURNING id`,
    [repository.id, given.number, given.title, given.head_ref, given.head_repo_slug, base, repository.now],
  );
}

type References = Omit<GitRows, 'commitId' | 'requestId'>;

async function addCommit(tx: Tx, repository: LockedRepository, body: CreateBuild, git: References): Promise<number> {
  const { commit } = body;
  return idOf(
    tx,
    `INSERT INTO commits (repository_id, commit, ref, branch, message, compare_url, committed_at, author_name, author_email,
                          committer_name, committer_email, branch_id, tag_id, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7::timestamp, $8, $9, $10, $11, $12, $13, $14::timestamp, $14::timestamp)
     RETURNING id`,
    [
      repository.id,
      commit.sha,
      commit.ref ?? defaultRef(body, git.branch),
      commit.branch ?? git.branch,
      commit.message ?? null,
      commit.compare_url ?? null,
      commit.committed_at?.toISOString().slice(0, -1) ?? null,
      commit.author_name ?? null,
      commit.author_email ?? null,
      commit.committer_name ?? null,
      commit.committer_email ?? null,
      git.branchId,
      git.tagId,
      repository.now,
    ],
  );
}

function defaultRef(body: CreateBuild, branch: string): string {
  if (body.pull_request) return `refs/pull/${body.pull_request.number}/merge`;
  return body.tag === undefined ? `refs/heads/${branch}` : `refs/tags/${body.tag}`;
}

async function addRequest(
  tx: Tx,
  repository: LockedRepository,
  body: CreateBuild,
  git: Omit<GitRows, 'requestId'>,
  sender: Account | null,
): Promise<number> {
  return idOf(
    tx,
    `INSERT INTO requests (repository_id, commit_id, event_type, head_commit, state, result, owner_type, owner_id, sender_type,
                           sender_id, private, pull_request_id, branch_id, tag_id, started_at, finished_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, 'finished', 'approved', $5, $6, $7, $8, $9, $10, $11, $12, $13::timestamp, $13::timestamp,
             $13::timestamp, $13::timestamp)
     RETURNING id`,
    [
      repository.id,
      git.commitId,
      git.eventType,
      body.commit.sha,
      repository.ownerType,
      repository.ownerId,
      sender?.type ?? null,
      sender?.id ?? null,
      repository.private,
      git.pullRequestId,
      git.branchId,
      git.tagId,
      repository.now,
    ],
  );
}

async function idOf(tx: Tx, sql: string, params: readonly unknown[]): Promise<number> {
  const rows = await tx.query<{ id: number }>(
    sql,
    params.map((value) => value ?? null),
  );
  return rows[0]!.id;
}
