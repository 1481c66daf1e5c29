import { publicConfig, resultMessage, type JobSnapshot, type Notice, type NoticeFacts } from '../../channel';

/**
 * The payload receivers know (notifications.md §5): names, order and values are a wire contract, oddities included.
 * States and times come from the event as it was decided; a job's times are its own, where Travis CI sent the build's.
 *
 * @param webUrl where people look at builds, without a slash at the end.
 */
export function webhookPayload({ event, facts }: Notice, webUrl: string): Record<string, unknown> {
  const { build, jobs = [] } = event.snapshot;
  const { repository, commit, request } = facts;
  const result = resultCode(build.state);
  const message = resultMessage(build.state, build.previous_state).short;
  return {
    id: build.id,
    number: build.number,
    config: publicConfig(facts.build.config),
    type: facts.build.event_type,
    state: build.state,
    status: result,
    result,
    status_message: message,
    result_message: message,
    started_at: seconds(build.started_at),
    finished_at: seconds(build.finished_at),
    duration: build.duration,
    build_url: `${webUrl}/${repository.slug}/builds/${build.id}`,
    commit_id: facts.build.commit_id,
    commit: commit?.sha ?? null,
    base_commit: request?.base_commit ?? null,
    head_commit: request?.head_commit ?? null,
    ...commitFields(commit),
    pull_request: facts.build.event_type === 'pull_request',
    pull_request_number: facts.build.pull_request_number,
    pull_request_title: facts.build.pull_request_title,
    tag: facts.tag?.name ?? null,
    repository: {
      id: repository.id,
      name: repository.name,
      owner_name: repository.owner_name,
      url: repository.url,
    },
    matrix: jobs.map((job) => jobPayload(job, facts)),
  };
}

function jobPayload(job: JobSnapshot, facts: NoticeFacts): Record<string, unknown> {
  const result = resultCode(job.state);
  const { committed_at, branch, message, compare_url, ...people } = commitFields(facts.commit);
  return {
    id: job.id,
    repository_id: facts.repository.id,
    parent_id: facts.build.id,
    number: job.number,
    state: job.state,
    config: publicConfig(facts.jobs.get(job.id)?.config ?? {}),
    status: result,
    result,
    commit: facts.commit?.sha ?? null,
    branch,
    message,
    compare_url,
    started_at: seconds(job.started_at),
    finished_at: seconds(job.finished_at),
    committed_at,
    ...people,
    allow_failure: job.allow_failure,
  };
}

function commitFields(commit: NoticeFacts['commit']): Record<string, string | null> {
  return {
    branch: commit?.branch ?? null,
    message: commit?.message ?? null,
    compare_url: commit?.compare_url ?? null,
    committed_at: seconds(commit?.committed_at ?? null),
    author_name: commit?.author_name ?? null,
    author_email: commit?.author_email ?? null,
    committer_name: commit?.committer_name ?? null,
    committer_email: commit?.committer_email ?? null,
  };
}

/** 0 is passed, 1 is failed or errored; whatever has no such result is null, although Travis CI's docs say 1. */
function resultCode(state: string): 0 | 1 | null {
  if (state === 'passed') return 0;
  return state === 'failed' || state === 'errored' ? 1 : null;
}

/** `2014-04-03T10:22:05Z`: receivers know whole seconds. */
function seconds(time: string | null): string | null {
  return time === null ? null : time.replace(/\.\d+(?=Z$)/, '');
}
