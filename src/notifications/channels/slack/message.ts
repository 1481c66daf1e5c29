import { renderTemplate, shortText, templateLines, templateVariables, type Notice } from '../../channel';

const PUSH =
  'Build <%{build_url}|#%{build_number}> (<%{compare_url}|%{commit}>) of %{repository}@%{branch} by %{author} %{result} in %{duration}';
const PULL_REQUEST =
  'Build <%{build_url}|#%{build_number}> (<%{compare_url}|%{commit}>) of %{repository}@%{branch} in PR <%{pull_request_url}|#%{pull_request_number}> by %{author} %{result} in %{duration}';

const ICON = 'https://travis-ci.org/images/travis-mascot-150.png';
const COLORS: Readonly<Record<string, string>> = { passed: 'good', failed: 'danger' };

/** No value is longer in a message, in characters: a commit message can be of any size, a chat message cannot. */
const LONGEST_VALUE = 2_000;
/** Slack cuts off what is longer, in characters. */
const LONGEST_TEXT = 40_000;

/**
 * The message of a build, exactly as rooms know it from Travis CI (notifications.md §6), but for what is escaped.
 *
 * @param settings of the config's entry, with its `template`.
 * @param channel where to, for webhooks that can choose; null leaves it to them.
 */
export function slackMessage(
  notice: Notice,
  settings: Readonly<Record<string, unknown>>,
  channel: string | null,
  webUrl: string,
): object {
  const variables = templateVariables(notice, { webUrl });
  const usual = notice.facts.build.event_type === 'pull_request' ? PULL_REQUEST : PUSH;
  const lines = templateLines(settings, [usual]).map((line) => renderTemplate(line, variables, escape));
  const text = shortText(lines.join('\n'), LONGEST_TEXT);
  const color = COLORS[notice.event.snapshot.build.state] ?? 'warning';
  return {
    attachments: [{ fallback: text, text, color, mrkdwn_in: ['text'] }],
    icon_url: ICON,
    ...(channel === null ? {} : { channel }),
  };
}

/**
 * Values come from whoever wrote the commit. `<!channel>` would call everybody in Slack, `@all` in Mattermost and
 * Rocket.Chat: an invisible space after the sign leaves it a word like any other. Mail addresses stay as they are.
 */
function escape(value: string, variable: string): string {
  const short = shortText(value.toWellFormed(), LONGEST_VALUE);
  const harmless = short
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/(?<!\w)@(?=\w)/g, '@\u200b');
  // Inside <url|text> it would end the url.
  return variable.endsWith('_url') ? harmless.replace(/[|\s]/g, encodeURIComponent) : harmless;
}
