import { isPullRequest, type Notice } from '../../channel';
import { buildUrl, contextOf, shaOf } from './about';
import { checkText } from './check-text';
import { escapeHtml, escapeMarkdown } from './domain/markdown';
import { checkStatusOf, type CheckStatus, type Conclusion } from './domain/states';
import { iconTag } from './icons';

/** A check run as GitHub is told of it; what there is nothing to say about is left out. */
export interface CheckRun {
  readonly name: string;
  readonly head_sha: string;
  readonly details_url: string;
  /** The build's id: by it the run is found again, and a request to run it anew knows which build is meant. */
  readonly external_id: string;
  readonly status: CheckStatus;
  readonly conclusion?: Conclusion;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly output: { readonly title: string; readonly summary: string; readonly text: string };
}

/**
 * The check run of a build (notifications.md §3).
 *
 * @param webUrl where people look at builds, without a slash at the end.
 * @param legacyName calls it like the commit status that it stands for, for branches that were protected by that.
 */
export function checkRunOf(notice: Notice, webUrl: string, legacyName: boolean): CheckRun {
  const { build } = notice.event.snapshot;
  const { status, conclusion } = checkStatusOf(build.state);
  const [startedAt, completedAt] = [seconds(build.started_at), seconds(build.finished_at ?? build.canceled_at)];
  return {
    name: legacyName ? contextOf(notice) : `Travis CI - ${isPullRequest(notice.facts) ? 'Pull Request' : 'Branch'}`,
    head_sha: shaOf(notice) ?? '',
    details_url: buildUrl(notice, webUrl),
    external_id: String(build.id),
    status,
    ...(conclusion !== undefined && { conclusion }),
    ...(startedAt !== null && { started_at: startedAt }),
    ...(conclusion !== undefined && completedAt !== null && { completed_at: completedAt }),
    output: {
      title: `Build ${build.state.charAt(0).toUpperCase()}${build.state.slice(1)}`,
      summary: summaryOf(notice, webUrl),
      text: checkText(notice, webUrl),
    },
  };
}

function summaryOf(notice: Notice, webUrl: string): string {
  const { state, previous_state: previous } = notice.event.snapshot.build;
  const link = `<a href='${escapeHtml(buildUrl(notice, webUrl))}'>${iconTag(state, webUrl)} The build</a>`;
  if (state === 'created') return `${link} is currently waiting in the build queue for a VM to be ready.`;
  if (state === 'started') return `${link} is currently running.`;
  if (previous === null) return `${link} **${state}**.`;
  if (previous === state) return `${link} **${state}**, just like the previous build.`;
  return `${link} **${state}**. This is a change from the previous build, which **${escapeMarkdown(previous)}**.`;
}

/** `2014-04-03T10:22:05Z`: GitHub counts whole seconds. */
function seconds(time: string | null): string | null {
  return time === null ? null : time.replace(/\.\d+(?=Z$)/, '');
}
