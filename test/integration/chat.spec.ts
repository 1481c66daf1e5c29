import { sampleDeps, type SampleDeps } from '../contract/sample-deps';
import { sampleNotice } from '../contract/sample-notice';
import { sampleSecrets } from '../contract/sample-secrets';
import {
  isTarget,
  type Channel,
  type ChannelFactory,
  type DeliveryOutcome,
  type Notice,
} from '../../src/notifications/channel';
import msteams from '../../src/notifications/channels/msteams.channel';
import slack from '../../src/notifications/channels/slack';
import webhook from '../../src/notifications/channels/webhook';
import { SlackService } from '../support/slack-service';
import { TeamsService } from '../support/teams-service';

const HOSTILE = [
  '<!channel> @channel @all [click](https://evil.example.org) & <https://evil.example.org|safe>\r\nX-Evil: 1\u0000',
  '🚀'.repeat(500_000),
  '"}],"channel":"#all"}'.repeat(1_000),
  '%{build_url} ${7*7} {{DATE(2026-01-01,SHORT)}} *a* _b_ `c` ~~d~~ \\',
];

/** A notice of which everything that people may choose is this text, where it can be. */
function hostile(text: string, config: Readonly<Record<string, unknown>>): Notice {
  const { event, facts } = sampleNotice({ config });
  const build = { ...facts.build, branch: text, event_type: 'pull_request', pull_request_number: 7 };
  const commit = facts.commit && {
    ...facts.commit,
    author_name: text,
    branch: text,
    message: text,
    sha: text,
    compare_url: `https://github.com/a/b/compare/${text}`,
  };
  return { event, facts: { ...facts, build, commit } };
}

async function tell<T>(channel: Channel<T>, notice: Notice): Promise<DeliveryOutcome[]> {
  const { signal } = new AbortController();
  const targets = (await channel.targets(notice)).filter(isTarget);
  return Promise.all(
    targets.map(({ target }) => channel.deliver(notice, target, { deliveryId: 42, attempt: 1, signal })),
  );
}

describe('Slack', () => {
  let service: SlackService;
  let sampled: SampleDeps<unknown>;

  beforeEach(async () => {
    service = new SlackService([
      'team-1.slack.com/services/hooks/travis?token=token-1',
      'hooks.slack.com/services/T/B/x',
    ]);
    await service.up();
    sampled = sampleDeps<unknown>({}, { secrets: sampleSecrets });
  });

  afterEach(async () => {
    await sampled.close();
    await service.close();
    service.expectNoMistakes();
  });

  /** Slack's hosts lead to the recorder. */
  const write = async (rooms: unknown, notice = sampleNotice({ config: { notifications: { slack: { rooms } } } })) => {
    const { http } = sampled.deps;
    const post: typeof http.post = (url, request) => http.post(service.at(url), request);
    return tell((slack as ChannelFactory)({ ...sampled.deps, http: { ...http, post } }), notice);
  };

  it('is written to with the account and token, or at the webhook of an app, also if they are encrypted', async () => {
    const rooms = ['team-1:token-1#builds', { secure: 'open https://hooks.slack.com/services/T/B/x' }];
    await expect(write(rooms)).resolves.toMatchObject([{ kind: 'delivered' }, { kind: 'delivered' }]);
    const text = expect.stringMatching(
      /^Build <https:\/\/ci\.example\.org\/.*>\) of svenfuchs\/minimal@master by Sven Fuchs/,
    );
    const message = expect.objectContaining({ attachments: [expect.objectContaining({ text, color: 'good' })] });
    expect(service.posted).toHaveLength(2);
    expect(service.posted).toEqual(
      expect.arrayContaining([
        { webhook: 'team-1.slack.com/services/hooks/travis?token=token-1', message },
        { webhook: 'hooks.slack.com/services/T/B/x', message },
      ]),
    );
    expect(service.posted.map(({ message: { channel } }) => channel).sort()).toEqual(['#builds', undefined]);
  });

  it.each([
    ['team-1:revoked', 'rejected', 404, 'no_service'],
    ['team-1:token-1#old', 'rejected', 410, 'channel_is_archived'],
  ])('says why %s is not written to', async (room, kind, code, word) => {
    service.archived.add('#old');
    await expect(write(room)).resolves.toEqual([
      { kind, code, response: word, reason: expect.stringContaining(`answered ${word}: `) },
    ]);
  });

  it('is left alone for as long as it asks', async () => {
    service.failWith = { status: 429, headers: { 'Retry-After': '30' }, body: 'rate_limited' };
    await expect(write('team-1:token-1')).resolves.toMatchObject([{ kind: 'retry', code: 429, afterMs: 30_000 }]);
  });

  it.each(HOSTILE.map((text) => [text.slice(0, 20), text]))('gets %j as text', async (_start, text) => {
    const slackConfig = { rooms: 'team-1:token-1', template: ['%{commit_message}', '<%{compare_url}|x> %{author}'] };
    for (const template of [undefined, slackConfig.template]) {
      const notice = hostile(text, { notifications: { slack: { ...slackConfig, template } } });
      await expect(write(null, notice)).resolves.toMatchObject([{ kind: 'delivered' }]);
    }
    expect(service.posted).toHaveLength(2);
  });
});

describe('Microsoft Teams', () => {
  let service: TeamsService;
  let sampled: SampleDeps<{ contentType: 'form' }>;

  beforeEach(async () => {
    service = new TeamsService('/workflows/1234/triggers/manual/paths/invoke?api-version=2016-06-01&sig=hunter2');
    await service.up();
    sampled = sampleDeps({ contentType: 'form' }, { secrets: sampleSecrets });
  });

  afterEach(async () => {
    await sampled.close();
    await service.close();
    service.expectNoMistakes();
  });

  const both = (notice: Notice): Promise<DeliveryOutcome[][]> =>
    Promise.all([tell(msteams(sampled.deps), notice), tell(webhook(sampled.deps), notice)]);
  const about = (notifications: unknown): Notice => sampleNotice({ config: { notifications } });
  const DELIVERED = { kind: 'delivered', code: 202, response: '' };

  it('gets a card at the urls under msteams', async () => {
    await expect(both(about({ msteams: service.url }))).resolves.toEqual([[DELIVERED], []]);
    expect(service.posted).toEqual([expect.arrayContaining(['✅ Passed', 'svenfuchs/minimal', '62aae5f'])]);
  });

  it('gets the same card at the urls under webhooks that ask for it', async () => {
    const webhooks = { urls: [{ url: { secure: `open ${service.url}` }, msteams: true }] };
    await expect(both(about({ webhooks }))).resolves.toEqual([[], [DELIVERED]]);
    await both(about({ msteams: service.url }));
    expect(service.posted[0]).toEqual(service.posted[1]);
  });

  it('is told once when both name the same url', async () => {
    const webhooks = { urls: [{ url: service.url, msteams: true }] };
    const notice = about({ webhooks, msteams: { urls: [service.url] } });
    await expect(both(notice)).resolves.toEqual([[], [DELIVERED]]);
    const [silent] = await msteams(sampled.deps).targets(notice);
    expect(silent).toEqual({ element: 0, silent: expect.stringContaining('the channel webhook tells it') });
  });

  it('is told by msteams of what the entry under webhooks does not want', async () => {
    const webhooks = { urls: [{ url: service.url, msteams: true }], on_success: 'never' };
    await expect(both(about({ webhooks, msteams: service.url }))).resolves.toEqual([[DELIVERED], []]);
  });

  it('hears nothing of pull requests when asked not to', async () => {
    const { event, facts } = about({ msteams: { urls: [service.url], on_pull_requests: false } });
    const notice = { event, facts: { ...facts, build: { ...facts.build, event_type: 'pull_request' } } };
    expect(await msteams(sampled.deps).targets(notice)).toEqual([{ element: 0, silent: 'on_pull_requests is off' }]);
  });

  it.each([
    [429, 'retry'],
    [400, 'rejected'],
  ])('is believed when a connector answers 200 and that Teams answered %i', async (code, kind) => {
    const body = `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${code} with ContextId hunter2`;
    service.failWith = { status: 200, body };
    const [[outcome]] = (await both(about({ msteams: service.url }))) as [[DeliveryOutcome], []];
    expect(outcome).toMatchObject({ kind, code: 200, response: expect.stringContaining(`HTTP error ${code}`) });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  it.each(HOSTILE.map((text) => [text.slice(0, 20), text]))('gets %j as text', async (_start, text) => {
    await expect(both(hostile(text, { notifications: { msteams: service.url } }))).resolves.toEqual([[DELIVERED], []]);
    expect(service.posted.flat().join('\n')).not.toMatch(/\]\(https:\/\/evil/);
  });
});
