import { LONGEST_FILL, MOST_LINES } from './bounds';
import { isPullRequest } from './pull-requests';
import { resultMessage } from './result-message';
import { shortText } from './short-text';
import type { ToldBuild } from './told-build';

/** Every variable that a template may name, e.g. `%{build_number}` (notifications.md §1.8). */
export interface TemplateVariables {
  /** `owner/name`, as is `repository_slug`. */
  readonly repository: string | null;
  readonly repository_slug: string | null;
  readonly repository_name: string | null;
  readonly build_number: string | null;
  readonly build_id: string | null;
  /** `true` or `false`. */
  readonly pull_request: string | null;
  readonly pull_request_number: string | null;
  /** That of a pull request is the branch it shall be merged into. */
  readonly branch: string | null;
  /** The first seven characters of its hash. */
  readonly commit: string | null;
  readonly author: string | null;
  readonly commit_subject: string | null;
  readonly commit_message: string | null;
  /** The build's state: passed, failed, errored or canceled. */
  readonly result: string | null;
  /** All jobs' times added up, e.g. `1 min 0 sec`. */
  readonly duration: string | null;
  /** From the first start to the end, or `?`. */
  readonly elapsed_time: string | null;
  /** E.g. `The build was fixed.` */
  readonly message: string | null;
  readonly compare_url: string | null;
  readonly build_url: string | null;
  /** Null unless a pull request was built. */
  readonly pull_request_url: string | null;
}

/**
 * The values of a notice's variables.
 *
 * @param webUrl where people look at builds, without a slash at the end.
 */
export function templateVariables({ event, facts }: ToldBuild, { webUrl }: { webUrl: string }): TemplateVariables {
  const { build } = event.snapshot;
  const { repository, commit } = facts;
  const pullRequest = isPullRequest(facts);
  return {
    repository: repository.slug,
    repository_slug: repository.slug,
    repository_name: repository.name,
    build_number: build.number,
    build_id: String(build.id),
    pull_request: String(pullRequest),
    pull_request_number: facts.build.pull_request_number?.toString() ?? null,
    branch: commit?.branch ?? facts.build.branch,
    commit: commit?.sha?.slice(0, 7) ?? null,
    author: commit?.author_name ?? null,
    commit_subject: commit?.message?.split(/\r?\n/)[0] ?? null,
    commit_message: commit?.message ?? null,
    result: build.state,
    duration: inMinutes(build.duration ?? 0),
    elapsed_time: elapsed(build.started_at, build.finished_at),
    message: resultMessage(build.state, build.previous_state).full,
    compare_url: commit?.compare_url ?? null,
    build_url: `${webUrl}/${repository.slug}/builds/${build.id}`,
    pull_request_url: pullRequest
      ? pullRequestUrl(commit?.compare_url ?? repository.url, facts.build.pull_request_number)
      : null,
  };
}

/**
 * Fills in a template. A variable without a value leaves nothing behind; what is no variable stays as it is written, and
 * so does everything else, whatever the values hold. When they hold more than {@link LONGEST_FILL} together the rest is
 * left out.
 *
 * @param escape makes a value harmless where it is going, so that nobody's commit message becomes markup there.
 */
export function renderTemplate(
  template: string,
  variables: Readonly<Record<string, string | null>> | TemplateVariables,
  escape: (value: string, variable: string) => string = (value) => value,
): string {
  const values = new Map<string, string | null>(Object.entries(variables));
  let room = LONGEST_FILL;
  return template.replace(/%\{(\w+)\}/g, (written, name: string) => {
    const value = values.get(name);
    if (value === undefined) return written;
    if (value === null || room <= 0) return '';
    const filled = escape(shortText(value, room), name);
    room -= filled.length;
    return filled;
  });
}

/**
 * The templates of an entry: its own `template`, one text or a list of at most {@link MOST_LINES}, or else the default.
 * Whatever is no text, such as a value that could not be decrypted, is left out.
 */
export function templateLines(settings: Readonly<Record<string, unknown>>, byDefault: readonly string[]): string[] {
  const template = settings['template'];
  const texts: readonly unknown[] = Array.isArray(template) ? template.slice(0, MOST_LINES) : [template];
  const written = texts.filter((line): line is string => typeof line === 'string');
  return written.some((line) => line.trim() !== '') ? written : [...byDefault];
}

/** `1 min 5 sec`, of whole seconds. */
function inMinutes(seconds: number): string {
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} sec`;
}

function elapsed(start: string | null, end: string | null): string {
  if (start === null || end === null) return '?';
  return inMinutes(Math.max(0, Math.trunc((Date.parse(end) - Date.parse(start)) / 1000)));
}

/** `https://github.com/owner/name/compare/a...b` leads to `https://github.com/owner/name/pull/7`. */
function pullRequestUrl(url: string | null, number: number | null): string | null {
  if (url === null || number === null || !URL.canParse(url)) return null;
  const { origin, pathname } = new URL(url);
  return [origin, ...pathname.split('/').slice(1, 3), 'pull', number].join('/');
}
