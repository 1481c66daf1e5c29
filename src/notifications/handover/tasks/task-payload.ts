import type { StageSnapshot } from '../../../contracts/event';
import { publicConfig, type JobSnapshot, type Notice } from '../../channel';
import { commitPayload } from '../commit-payload';
import type { BuildDetails, JobDetails } from '../facts/build-details';
import { secondsBetween, toSeconds } from '../wire-words';

/**
 * What travis-tasks knows of a build, whatever it is to tell (notifications.md §0.12): states and times as they were when
 * the event happened. A job and a stage have times of their own, where Travis Hub sent those of the build.
 */
export function taskPayload(notice: Notice, details: BuildDetails): Record<string, unknown> {
  const { event, facts } = notice;
  const { build, jobs = [], stages = [] } = event.snapshot;
  const { owner } = details;
  return {
    repository: repositoryPayload(notice, details),
    owner: owner ? { id: owner.id, type: owner.type, login: owner.login } : {},
    request: {
      token: details.request_token,
      head_commit: facts.request?.head_commit ?? null,
      base_commit: facts.request?.base_commit ?? null,
    },
    pull_request: details.pull_request,
    tag: facts.tag,
    commit: commitPayload(facts.commit),
    build: {
      id: build.id,
      repository_id: facts.repository.id,
      commit_id: facts.build.commit_id,
      number: build.number,
      pull_request: facts.build.event_type === 'pull_request',
      pull_request_number: facts.build.pull_request_number,
      config: publicConfig(facts.build.config),
      state: build.state,
      previous_state: build.previous_state,
      started_at: toSeconds(build.started_at),
      finished_at: toSeconds(build.finished_at),
      duration: build.duration,
      job_ids: jobs.map(({ id }) => id),
      type: facts.build.event_type,
    },
    jobs: jobs.map((job) =>
      jobPayload(
        job,
        notice,
        details.jobs.get(job.id),
        stages.find(({ id }) => id === job.stage_id),
      ),
    ),
  };
}

function repositoryPayload({ facts: { repository } }: Notice, details: BuildDetails): Record<string, unknown> {
  return {
    id: repository.id,
    github_id: repository.github_id,
    vcs_id: repository.vcs_id,
    vcs_type: repository.vcs_type,
    key: details.repository.public_key,
    slug: repository.slug,
    vcs_slug: repository.vcs_slug ?? repository.slug,
    name: repository.name,
    owner_name: repository.owner_name,
    owner_email: details.repository.owner_email,
    owner_avatar_url: details.repository.owner_avatar_url,
    url: repository.url,
  };
}

function jobPayload(
  job: JobSnapshot,
  { facts }: Notice,
  row: JobDetails | undefined,
  stage: StageSnapshot | undefined,
): Record<string, unknown> {
  return {
    id: job.id,
    number: job.number,
    state: job.state,
    config: publicConfig(facts.jobs.get(job.id)?.config ?? {}),
    tags: row?.tags ?? null,
    allow_failure: job.allow_failure,
    started_at: toSeconds(job.started_at),
    finished_at: toSeconds(job.finished_at),
    duration: secondsBetween(job.started_at, job.finished_at),
    stage: stage
      ? {
          number: stage.number,
          name: stage.name,
          state: stage.state,
          started_at: toSeconds(stage.started_at),
          finished_at: toSeconds(stage.finished_at),
        }
      : null,
  };
}
