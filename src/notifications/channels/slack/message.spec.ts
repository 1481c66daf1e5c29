import { sampleNotice } from '../../../../test/contract/sample-notice';
import type { Notice } from '../../channel';
import { slackMessage } from './message';

const WEB = 'https://travis-ci.org';

interface Message {
  readonly attachments: readonly { readonly text: string; readonly fallback: string; readonly color: string }[];
}

const textOf = (notice: Notice, template?: unknown): string =>
  (slackMessage(notice, { template }, null, WEB) as Message).attachments[0]?.text ?? '';

function pullRequest(): Notice {
  const { event, facts } = sampleNotice();
  const build = { ...facts.build, event_type: 'pull_request', pull_request_number: 1 };
  return { event, facts: { ...facts, build } };
}

/** A notice of which everything that people may choose is this text. */
function hostile(text: string): Notice {
  const { event, facts } = sampleNotice();
  const commit = facts.commit && { ...facts.commit, author_name: text, message: text, branch: text, compare_url: text };
  return { event, facts: { ...facts, commit } };
}

describe('slackMessage', () => {
  it('is the message that rooms know from Travis CI', () => {
    const text =
      'Build <https://travis-ci.org/svenfuchs/minimal/builds/1|#2> (<https://github.com/svenfuchs/minimal/compare/master...develop|62aae5f>) of svenfuchs/minimal@master by Sven Fuchs passed in 1 min 0 sec';
    expect(slackMessage(sampleNotice(), {}, '#channel1', WEB)).toEqual({
      attachments: [{ fallback: text, text, color: 'good', mrkdwn_in: ['text'] }],
      icon_url: 'https://travis-ci.org/images/travis-mascot-150.png',
      channel: '#channel1',
    });
    expect(slackMessage(sampleNotice(), {}, null, WEB)).not.toHaveProperty('channel');
  });

  it('names the pull request', () => {
    expect(textOf(pullRequest())).toBe(
      'Build <https://travis-ci.org/svenfuchs/minimal/builds/1|#2> (<https://github.com/svenfuchs/minimal/compare/master...develop|62aae5f>) of svenfuchs/minimal@master in PR <https://github.com/svenfuchs/minimal/pull/1|#1> by Sven Fuchs passed in 1 min 0 sec',
    );
  });

  it.each([
    ['passed', 'good'],
    ['failed', 'danger'],
    ['errored', 'warning'],
    ['canceled', 'warning'],
  ] as const)('shows a build that %s in the colour %s', (state, color) => {
    expect(slackMessage(sampleNotice({ state }), {}, null, WEB)).toMatchObject({ attachments: [{ color }] });
  });

  it.each([
    ['Custom: %{author}', 'Custom: Sven Fuchs'],
    [['Custom: %{author}', 'More: %{branch}'], 'Custom: Sven Fuchs\nMore: master'],
    ['<!here> %{nope} *%{result}*', '<!here> %{nope} *passed*'],
  ])('is what the template %j says', (template, expected) => {
    expect(textOf(sampleNotice(), template)).toBe(expected);
  });

  it.each([
    ['a & b < c > d', 'a &amp; b &lt; c &gt; d'],
    [
      '<!channel> <@U1> <https://evil.example.org|safe>',
      '&lt;!channel&gt; &lt;@\u200bU1&gt; &lt;https://evil.example.org|safe&gt;',
    ],
    ['@channel (@all) x@example.org', '@\u200bchannel (@\u200ball) x@example.org'],
    ['%{build_url} &lt;', '%{build_url} &amp;lt;'],
    ['half \ud83d', 'half \ufffd'],
    ['one\r\ntwo', 'one\r\ntwo'],
  ])('leaves the commit message %j a text', (message, expected) => {
    expect(textOf(hostile(message), '%{commit_message}')).toBe(expected);
    expect(textOf(hostile(message), '%{author}')).toBe(expected);
  });

  it('lets no url out of its brackets', () => {
    expect(textOf(hostile('https://a|b> <!channel>\n'), '<%{compare_url}|link>')).toBe(
      '<https://a%7Cb&gt;%20&lt;!channel&gt;%0A|link>',
    );
  });

  it.each(['x', '&', '🚀', '@a', '\n'])('stays within what chats take, full of %j', (part) => {
    const notice = hostile(part.repeat(1_000_000));
    const template = Array.from({ length: 1_000 }, () => '%{commit_message}');
    expect(textOf(notice).length).toBeLessThan(40_000);
    expect(textOf(notice, template).length).toBeLessThanOrEqual(40_000);
    expect(textOf(notice, template).isWellFormed()).toBe(true);
  });
});
