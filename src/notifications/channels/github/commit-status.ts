import type { Notice } from '../../channel';
import { buildUrl, contextOf } from './about';
import { statusOf, type StatusState } from './domain/states';

/** A commit status as GitHub, and other hosts by way of travis-vcs, are told of it. */
export interface CommitStatus {
  readonly state: StatusState;
  readonly description: string;
  readonly target_url: string;
  readonly context: string;
}

/**
 * The status of the commit that was built (notifications.md §2).
 *
 * @param webUrl where people look at builds, without a slash at the end.
 */
export function commitStatusOf(notice: Notice, webUrl: string): CommitStatus {
  return {
    ...statusOf(notice.event.snapshot.build.state),
    target_url: buildUrl(notice, webUrl),
    context: contextOf(notice),
  };
}
