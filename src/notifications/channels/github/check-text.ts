import { isPullRequest, publicConfig, type Notice } from '../../channel';
import { escapeMarkdown, preformatted } from './domain/markdown';
import { languageOf, osName, versionsOf } from './domain/matrix';
import { restartMark } from './domain/restart-mark';
import { jobsText } from './jobs-text';

/** GitHub takes no longer text. It says characters; bytes are never fewer. */
export const LONGEST_BYTES = 65_535;

const CONFIG_TOO_LARGE = 'Build configuration is too large to display';
const JOBS_TOO_LARGE = 'Jobs information is too large to display';
const PULL_REQUESTS = 'https://docs.travis-ci.com/user/pull-requests/';

/**
 * What people read below a check run, as Markdown: what was built, its jobs and stages, its config (notifications.md §3).
 * What would make it too long for GitHub is left out, the config first.
 */
export function checkText(notice: Notice, webUrl: string): string {
  const config = publicConfig(notice.facts.build.config);
  const shownConfig = preformatted('yaml', JSON.stringify(config, null, 2));
  const jobs = jobsText(notice, webUrl);
  const mark = restartMark(notice.event.snapshot.build.restarted_at);
  const texts = [
    [jobs, shownConfig],
    [jobs, CONFIG_TOO_LARGE],
    [JOBS_TOO_LARGE, CONFIG_TOO_LARGE],
  ].map(
    ([shownJobs = '', shown = '']) => `${description(notice)}

## Jobs and Stages
${shownJobs}

## Build Configuration

Build Option     | Setting
-----------------|--------------
${settings(config)}

<details>
<summary>Build Configuration</summary>
${shown}
</details>`,
  );
  const fitting = texts.find((text) => Buffer.byteLength(text + mark) <= LONGEST_BYTES);
  return (fitting ?? `${JOBS_TOO_LARGE}.`) + mark;
}

function description(notice: Notice): string {
  const { build, commit } = notice.facts;
  const branch = escapeMarkdown(commit?.branch ?? build.branch ?? '');
  if (!isPullRequest(notice.facts)) return `This is a build of the ${branch} branch.`;
  const title = `#${build.pull_request_number ?? '?'} ${escapeMarkdown(build.pull_request_title ?? '')}`.trim();
  const url = pullRequestUrl(notice);
  return (
    `This is a [pull request build](${PULL_REQUESTS}): it tests what ` +
    `${url === null ? title : `[${title}](${url})`} would be once merged, ` +
    `with all that was in the ${branch} branch when the build was made.`
  );
}

/** The first two parts of the compare url's path are the repository that the pull request is in. */
function pullRequestUrl({ facts: { build, commit } }: Notice): string | null {
  const compare = commit?.compare_url ?? '';
  if (!URL.canParse(compare) || build.pull_request_number === null) return null;
  const { protocol, origin, pathname } = new URL(compare);
  if (!/^https?:$/.test(protocol)) return null;
  const [, owner = '', name = ''] = pathname.split('/');
  return `${origin}/${owner}/${name}/pull/${build.pull_request_number}`.replace(/[()]/g, (c) =>
    c === '(' ? '%28' : '%29',
  );
}

/** The rows of a table. */
function settings(config: Readonly<Record<string, unknown>>): string {
  const rows: readonly (readonly [name: string, values: readonly string[]])[] = [
    ['Language', [languageOf(config)]],
    ['Operating System', [osName(config['os'], config['dist'])]],
    ...versionsOf(config).map(
      ([name, versions]) => [`${name} Version${versions.length > 1 ? 's' : ''}`, versions] as const,
    ),
  ];
  return rows.map(([name, values]) => `${name.padEnd(16)} | ${values.map(escapeMarkdown).join(', ')}`).join('\n');
}
