import { sampleNotice } from '../../../test/contract/sample-notice';
import type { Notice } from '../channel';
import { teamsCard } from './teams-card';

const WEB = 'https://ci.example.org';

/** The texts of a card, in order. */
function texts(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { text } = value as { text?: unknown };
  return [...(typeof text === 'string' ? [text] : []), ...Object.values(value).flatMap(texts)];
}

/** Titles and urls of its buttons. */
function buttons(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { title, url } = value as { title?: unknown; url?: unknown };
  return [...(typeof url === 'string' ? [`${String(title)} ${url}`] : []), ...Object.values(value).flatMap(buttons)];
}

function pullRequest(number: number): Notice {
  const { event, facts } = sampleNotice();
  return {
    event,
    facts: { ...facts, build: { ...facts.build, event_type: 'pull_request', pull_request_number: number } },
  };
}

describe('teamsCard', () => {
  it('is an Adaptive Card in the form that Teams takes', () => {
    expect(teamsCard(sampleNotice(), WEB)).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
            version: '1.2',
            body: [
              {
                type: 'ColumnSet',
                columns: [
                  { width: 'auto', items: [{ text: '✅ Passed', size: 'Medium', color: 'good' }] },
                  { width: 'stretch', items: [{ text: 'svenfuchs/minimal', size: 'Large', weight: 'Bolder' }] },
                  {
                    width: 'auto',
                    horizontalAlignment: 'Right',
                    items: [{ text: 'Apr 03, 10:22 UTC', isSubtle: true, horizontalAlignment: 'Right' }],
                  },
                ],
              },
              { type: 'ColumnSet', spacing: 'Large' },
              { type: 'ColumnSet', spacing: 'Large' },
              { type: 'ActionSet', spacing: 'Large' },
            ],
          },
        },
      ],
    });
  });

  it('says what was built, and leads there', () => {
    const card = teamsCard(sampleNotice(), WEB);
    expect(texts(card).slice(3)).toEqual([
      ...['Commit', '62aae5f', 'Branch', 'master', 'Author', 'Sven Fuchs', 'Commit Message'],
      'the commit message: ünïcode & "quotes" + 100%',
    ]);
    expect(buttons(card)).toEqual([
      `View Build ${WEB}/svenfuchs/minimal/builds/1`,
      'Compare https://github.com/svenfuchs/minimal/compare/master...develop',
    ]);
  });

  it('leads to the changes of a pull request', () => {
    const card = teamsCard(pullRequest(7), WEB);
    expect(texts(card)).toContain('Pull request [#7](https://github.com/svenfuchs/minimal/pull/7)');
    expect(buttons(card)).toContain('Compare https://github.com/svenfuchs/minimal/pull/7/changes');
  });

  it.each([
    ['failed', '❌ Failed'],
    ['errored', '❗ Errored'],
    ['canceled', '⊗ Canceled'],
    ['started', '❓ Started'],
  ] as const)('calls a build that %s %s', (state, text) => {
    expect(texts(teamsCard(sampleNotice({ event: 'build:started', state }), WEB))[0]).toBe(text);
  });

  it('has no time while the build runs, and says what is not known', () => {
    const notice = sampleNotice({ event: 'build:started' });
    const card = teamsCard({ ...notice, facts: { ...notice.facts, commit: null } }, WEB);
    expect(texts(card)).toEqual([
      ...['❓ Started', 'svenfuchs/minimal', 'Commit', 'unknown', 'Branch', 'master', 'Author', 'unknown'],
      ...['Commit Message', 'No commit message'],
    ]);
    expect(buttons(card)).toHaveLength(1);
  });

  describe('of a build whose names are hostile', () => {
    const LINK = '[click me](https://evil.example.org)';
    const hostile = (text: string): Notice => {
      const { event, facts } = pullRequest(7);
      const build = { ...facts.build, branch: text };
      const repository = { ...facts.repository, slug: text };
      const commit = facts.commit && {
        ...facts.commit,
        author_name: text,
        message: text,
        sha: text,
        compare_url: text,
      };
      return { event, facts: { ...facts, build, repository, commit } };
    };

    it('has no link but its own, in whatever is written there', () => {
      const links = texts(teamsCard(hostile(LINK), WEB)).flatMap((text) => text.match(/\]\([^)]*\)/g) ?? []);
      expect(links).toEqual(['](https://github.com/%5Bclick%20me%5D%28https://evil.example.org%29/pull/7)']);
    });

    it('leads nowhere but to web pages', () => {
      const { event, facts } = sampleNotice();
      const commit = facts.commit && { ...facts.commit, compare_url: 'javascript:alert(1)' };
      expect(buttons(teamsCard({ event, facts: { ...facts, commit } }, WEB))).toEqual([
        `View Build ${WEB}/svenfuchs/minimal/builds/1`,
      ]);
    });

    it.each(['x', '*', '\\!', '\u0000', '\n', '漢', '🚀', '\ud83d', '](', '"'])(
      'fits into 28 KB, full of %j',
      (part) => {
        const { facts, event } = hostile(part.repeat(1_000_000));
        const card = teamsCard({ event, facts: { ...facts, repository: sampleNotice().facts.repository } }, WEB);
        expect(Buffer.byteLength(JSON.stringify(card))).toBeLessThan(28_000);
      },
    );
  });
});
