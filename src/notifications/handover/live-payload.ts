import type { JobSnapshot, StageSnapshot } from '../../contracts/event';
import type { Notice } from '../notice';
import { commitPayload } from './commit-payload';
import type { BuildDetails } from './facts/build-details';
import { toldAs, toMilliseconds, toSeconds } from './wire-words';

/** What pages of the web are told of an event. */
export interface LiveUpdate {
  /** The event's name as the web knows it. */
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What the web is told of an event, whoever carries it there. */
export function liveUpdate(notice: Notice, details: BuildDetails): LiveUpdate {
  const { job } = notice.event.snapshot;
  const payload = job ? liveJob(notice, job, details) : liveBuild(notice, details);
  return { name: toldAs(notice.event.name), payload };
}

/** A job as the web shows it (wire.md §5.4): states and times as they were when the event happened. */
export function liveJob({ event, facts }: Notice, job: JobSnapshot, details: BuildDetails): Record<string, unknown> {
  const { stage } = event.snapshot;
  return {
    id: job.id,
    repository_id: facts.repository.id,
    repository_slug: facts.repository.slug,
    repository_private: facts.repository.private,
    build_id: event.build_id,
    commit_id: details.jobs.get(job.id)?.commit_id ?? facts.build.commit_id,
    number: job.number,
    state: job.state,
    started_at: toSeconds(job.started_at),
    finished_at: toSeconds(job.finished_at),
    queue: job.queue,
    allow_failure: job.allow_failure,
    updated_at: toMilliseconds(event.at),
    commit: commitPayload(facts.commit),
    stage: stage ? stagePayload(stage, event.build_id) : null,
  };
}

/** A build as the web shows it (wire.md §5.4). */
export function liveBuild({ event, facts }: Notice, details: BuildDetails): Record<string, unknown> {
  const { build, jobs = [], stages = [] } = event.snapshot;
  const { sha, id: _id, ...commit } = commitPayload(facts.commit);
  return {
    repository: repositoryPayload({ event, facts }, details),
    commit: commitPayload(facts.commit),
    build: {
      id: build.id,
      repository_id: facts.repository.id,
      commit_id: facts.build.commit_id,
      number: build.number,
      pull_request: facts.build.event_type === 'pull_request',
      pull_request_title: facts.build.pull_request_title,
      pull_request_number: facts.build.pull_request_number,
      state: build.state,
      started_at: toSeconds(build.started_at),
      finished_at: toSeconds(build.finished_at),
      duration: build.duration,
      job_ids: jobs.map(({ id }) => id),
      event_type: facts.build.event_type,
      updated_at: toMilliseconds(event.at),
      commit: sha,
      ...commit,
      created_by: details.sender && withoutType(details.sender),
    },
    stages: stages.map((stage) => stagePayload(stage, build.id)),
  };
}

function repositoryPayload({ event, facts }: Notice, details: BuildDetails): Record<string, unknown> {
  const last = event.snapshot.repository;
  return {
    id: facts.repository.id,
    slug: facts.repository.slug,
    description: details.repository.description,
    private: facts.repository.private,
    last_build_id: last?.last_build_id ?? null,
    last_build_number: last?.last_build_number ?? null,
    last_build_state: last?.last_build_state ?? '',
    last_build_duration: last?.last_build_duration ?? null,
    last_build_language: null,
    last_build_started_at: toSeconds(last?.last_build_started_at ?? null),
    last_build_finished_at: toSeconds(last?.last_build_finished_at ?? null),
    github_language: details.repository.github_language,
    default_branch: {
      name: facts.repository.default_branch,
      last_build_id: details.repository.default_branch_last_build_id,
    },
    active: details.repository.active,
    current_build_id: last?.current_build_id ?? null,
  };
}

function stagePayload(stage: StageSnapshot, buildId: number): Record<string, unknown> {
  return {
    id: stage.id,
    build_id: buildId,
    number: stage.number,
    name: stage.name,
    state: stage.state,
    started_at: toSeconds(stage.started_at),
    finished_at: toSeconds(stage.finished_at),
  };
}

function withoutType({ id, name, login, avatar_url }: NonNullable<BuildDetails['sender']>): Record<string, unknown> {
  return { id, name, login, avatar_url };
}
