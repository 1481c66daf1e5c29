import type { NoticeFacts } from '../../channel';

/** Most channels that one request may name; the servers' limit. (Travis sent 10, the limit of its day.) */
const MOST_AT_ONCE = 100;

/**
 * The protocol's channels on which the web listens (wire.md §5.4): one of each user who may see the repository, and one
 * for everybody unless the repository is private.
 *
 * @param secure keeps public repositories to their users, too
 * @returns in groups that one request can carry
 */
export function liveChannels(
  repository: NoticeFacts['repository'],
  userIds: readonly number[],
  secure: boolean,
): string[][] {
  const users = [...new Set(userIds)].map((id) => `private-user-${id}`);
  const everybody = repository.private || secure ? [] : [`repo-${repository.id}`];
  const all = [...everybody, ...users];
  const groups = Math.ceil(all.length / MOST_AT_ONCE);
  return Array.from({ length: groups }, (_, nth) => all.slice(nth * MOST_AT_ONCE, (nth + 1) * MOST_AT_ONCE));
}
