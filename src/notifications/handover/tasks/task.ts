import type { HandoverDeps } from '../deps';
import type { SidekiqJob } from '../handover';

/** Names of the tasks that travis-tasks carries out; each is also the name of its queue. */
export type TaskName =
  | 'campfire'
  | 'email'
  | 'flowdock'
  | 'github_check_status'
  | 'github_status'
  | 'hipchat'
  | 'intercom'
  | 'irc'
  | 'pushover'
  | 'slack'
  | 'webhook';

/** A job for travis-tasks: what happened, and whom to tell of it (wire.md §5.3). */
export function task(name: TaskName, { config }: HandoverDeps, payload: unknown, params: unknown): SidekiqJob {
  return {
    queue: config.sidekiq.tasks ?? name,
    class: 'Travis::Tasks::Worker',
    args: [null, `Travis::Addons::${camelized(name)}::Task`, 'perform', payload, params],
  };
}

/** `github_status` is `GithubStatus`. */
function camelized(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
