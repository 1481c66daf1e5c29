import { cardText, cardUrl } from './card-text';
import { isPullRequest } from './pull-requests';
import type { ToldBuild } from './told-build';

/** What a card says about each state, and in which colour. */
const STATES: Readonly<Record<string, readonly [text: string, color: string]>> = {
  passed: ['✅ Passed', 'good'],
  failed: ['❌ Failed', 'attention'],
  errored: ['❗ Errored', 'attention'],
  canceled: ['⊗ Canceled', 'default'],
};

/**
 * The Adaptive Card that Microsoft Teams shows of a build (notifications.md §5). Whatever people put into their commits,
 * it stays text, and the card well below the 28 KB that Teams takes.
 *
 * @param webUrl where people look at builds, without a slash at the end.
 */
export function teamsCard({ event, facts }: ToldBuild, webUrl: string): object {
  const { build } = event.snapshot;
  const { commit, repository } = facts;
  const pullRequest = isPullRequest(facts) ? facts.build.pull_request_number : null;
  const pullRequestUrl = `https://github.com/${repository.slug}/pull/${pullRequest}`;
  const compareUrl = cardUrl(pullRequest === null ? commit?.compare_url : `${pullRequestUrl}/changes`);
  const body = [
    header(build.state, repository.slug, build.finished_at),
    ...(pullRequest === null
      ? []
      : [block(`Pull request [#${pullRequest}](${encodeLink(pullRequestUrl)})`, { wrap: true, ...LARGE, ...BOLD })]),
    {
      type: 'ColumnSet',
      ...LARGE,
      columns: [
        fact('Commit', commit?.sha?.slice(0, 7)),
        fact('Branch', facts.build.branch),
        fact('Author', commit?.author_name),
      ],
    },
    {
      type: 'ColumnSet',
      ...LARGE,
      columns: [
        {
          type: 'Column',
          width: 'stretch',
          items: [
            block('Commit Message', { ...SMALL, isSubtle: true }),
            block(subject(commit?.message), { wrap: true, ...SMALL, ...BOLD, spacing: 'None' }),
          ],
        },
      ],
    },
    {
      type: 'ActionSet',
      ...LARGE,
      actions: [
        {
          type: 'Action.OpenUrl',
          title: 'View Build',
          url: `${webUrl}/${repository.slug}/builds/${build.id}`,
          style: 'positive',
        },
        ...(compareUrl !== null ? [{ type: 'Action.OpenUrl', title: 'Compare', url: compareUrl }] : []),
      ],
    },
  ];
  const content = { type: 'AdaptiveCard', $schema: SCHEMA, version: '1.2', body };
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] };
}

/** In characters. */
const LONGEST_NAME = 200;
const LONGEST_SUBJECT = 500;

const SCHEMA = 'http://adaptivecards.io/schemas/adaptive-card.json';
const SMALL = { size: 'Small' } as const;
const LARGE = { spacing: 'Large' } as const;
const BOLD = { weight: 'Bolder' } as const;

function header(state: string, slug: string, finishedAt: string | null): object {
  const [text, color] = STATES[state] ?? [`❓ ${state.charAt(0).toUpperCase()}${state.slice(1)}`, 'default'];
  const centered = { verticalContentAlignment: 'Center' };
  const columns = [
    {
      type: 'Column',
      width: 'auto',
      spacing: 'Small',
      ...centered,
      items: [block(text, { size: 'Medium', color })],
    },
    {
      type: 'Column',
      width: 'stretch',
      ...centered,
      items: [block(cardText(slug, LONGEST_NAME), { size: 'Large', ...BOLD })],
    },
  ];
  const right = { horizontalAlignment: 'Right' };
  const time =
    finishedAt === null
      ? []
      : [
          {
            type: 'Column',
            width: 'auto',
            ...centered,
            ...right,
            items: [block(shortTime(finishedAt), { ...SMALL, isSubtle: true, ...right })],
          },
        ];
  return { type: 'ColumnSet', spacing: 'Small', columns: [...columns, ...time] };
}

function subject(message: string | null | undefined): string {
  return cardText(message?.split('\n')[0] ?? '', LONGEST_SUBJECT) || 'No commit message';
}

/** Neither brackets nor spaces end the link. */
function encodeLink(url: string): string {
  return encodeURI(url).replace(/[()]/g, (bracket) => (bracket === '(' ? '%28' : '%29'));
}

function fact(title: string, value: string | null | undefined): object {
  const items = [
    block(title, { ...SMALL, ...BOLD }),
    block(cardText(value ?? '', LONGEST_NAME) || 'unknown', { ...SMALL, isSubtle: true, spacing: 'None' }),
  ];
  return { type: 'Column', width: 'auto', items };
}

function block(text: string, style: object): object {
  return { type: 'TextBlock', text, ...style };
}

/** `Jan 08, 14:40 UTC` */
function shortTime(time: string): string {
  const [, day, month, , clock] = new Date(time).toUTCString().split(' ');
  return `${month} ${day}, ${clock?.slice(0, 5)} UTC`;
}
