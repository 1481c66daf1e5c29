import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import type { ChannelTarget, Notice } from '../../channel';
import { mailTargets, type MailTarget } from './recipients';

const ADA = 'ada@example.org';
const EVE = 'eve@example.org';
const MEMBER = 'sven@example.org';

/** People as the database would know them. `{ secure: 'x' }` is read as `x@secret.example`, `{ secure: '' }` not at all. */
function people(unsubscribed: readonly string[] = [], members: readonly string[] = [MEMBER]) {
  const reveal = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reveal);
    const secure = (value as { secure?: string } | null)?.secure;
    if (secure === undefined) return value;
    return secure === ''
      ? null
      : secure
          .split(',')
          .map((name) => `${name}@secret.example`)
          .join(',');
  };
  return {
    directory: {
      defaultRecipients: async () => members,
      withoutUnsubscribed: async (_repositoryId: number, emails: readonly string[]) =>
        emails.filter((email) => !unsubscribed.includes(email.toLowerCase())),
    },
    secrets: { reveal: async (_repositoryId: number, value: unknown) => reveal(value) },
  } as unknown as Parameters<typeof mailTargets>[1];
}

const FAILED: Sample = { state: 'failed', previousState: 'passed' };

async function decide(email: unknown, sample: Sample = FAILED, who = people()) {
  const notifications = email === undefined ? {} : { email };
  return mailTargets(sampleNotice({ ...sample, config: { notifications } }), who, 'smtp.example.org:587');
}

/** `element address` of everybody who is mailed. */
async function mailed(...args: Parameters<typeof decide>): Promise<string[]> {
  return (await decide(...args)).flatMap((one) => ('target' in one ? [`${one.element} ${one.target.address}`] : []));
}

/** Why the others are not. */
async function silent(...args: Parameters<typeof decide>): Promise<string[]> {
  return (await decide(...args)).flatMap((one) => ('silent' in one ? [one.silent] : []));
}

describe('mailTargets', () => {
  it.each([
    ['nothing', undefined, [`0 ${MEMBER}`]],
    ['true', true, [`0 ${MEMBER}`]],
    ['an empty map', {}, [`0 ${MEMBER}`]],
    ['only options', { on_failure: 'always' }, [`0 ${MEMBER}`]],
    ['an empty list of recipients', { recipients: [] }, [`0 ${MEMBER}`]],
    ['a text', ADA, [`0 ${ADA}`]],
    ['a text with commas', `${ADA}, ${EVE},`, [`0 ${ADA}`, `0 ${EVE}`]],
    ['a list', [ADA, EVE], [`0 ${ADA}`, `1 ${EVE}`]],
    ['a map with a text', { recipients: `${ADA},${EVE}` }, [`0 ${ADA}`, `0 ${EVE}`]],
    ['a map with a list', { recipients: [ADA, null, 7, ' ', EVE] }, [`0 ${ADA}`, `0 ${EVE}`]],
    ['normalised maps', [{ recipients: [ADA] }, { recipients: [EVE] }], [`0 ${ADA}`, `1 ${EVE}`]],
    ['a map that is switched on', [{ enabled: true }], [`0 ${MEMBER}`]],
    ['an encrypted text', { secure: 'x' }, ['0 x@secret.example']],
    ['several in one encrypted text', { recipients: { secure: 'x,y' } }, ['0 x@secret.example', '0 y@secret.example']],
    ['encrypted and plain', { recipients: [{ secure: 'x' }, ADA] }, ['0 x@secret.example', `0 ${ADA}`]],
    ['what cannot be decrypted', { recipients: [{ secure: '' }, ADA] }, [`0 ${ADA}`]],
    ['only what cannot be decrypted', { recipients: { secure: '' } }, []],
    ['false', false, []],
    ['null', null, []],
    ['an empty list', [], []],
    ['switched off', { recipients: ADA, enabled: false }, []],
    ['switched off as travis-yml writes it', [{ enabled: false }], []],
    ['disabled', { recipients: ADA, disabled: true }, []],
  ])('reads %s', async (_what, email, expected) => {
    await expect(mailed(email)).resolves.toEqual(expected);
  });

  it('mails of a success only when it is a change, of everything else always', async () => {
    const of = (sample: Sample) => mailed(ADA, sample);
    const told = [`0 ${ADA}`];
    await expect(of({ state: 'passed', previousState: 'passed' })).resolves.toEqual([]);
    await expect(of({ state: 'passed', previousState: 'failed' })).resolves.toEqual(told);
    await expect(of({ state: 'passed', previousState: null })).resolves.toEqual(told);
    await expect(of({ state: 'failed', previousState: 'failed' })).resolves.toEqual(told);
    await expect(of({ state: 'errored', previousState: 'failed' })).resolves.toEqual(told);
    await expect(of({ event: 'build:canceled', state: 'canceled' })).resolves.toEqual(told);
  });

  it('asks each entry whether it wants the event', async () => {
    const email = [
      { recipients: ADA, on_failure: 'never' },
      { recipients: EVE, on_failure: 'change' },
    ];
    await expect(mailed(email, { state: 'failed', previousState: 'passed' })).resolves.toEqual([`1 ${EVE}`]);
    await expect(mailed(email, { state: 'failed', previousState: 'failed' })).resolves.toEqual([]);
    await expect(silent(email, { state: 'failed', previousState: 'failed' })).resolves.toEqual([
      'on_failure: never',
      'on_failure: change, but failed came before',
    ]);
  });

  it('mails everybody once, whatever names them, also in other letters', async () => {
    const email = [
      { recipients: [ADA, 'ADA@example.org', EVE] },
      { recipients: [EVE, { secure: 'x' }, { secure: 'x' }] },
    ];
    await expect(mailed(email)).resolves.toEqual([`0 ${ADA}`, `0 ${EVE}`, '1 x@secret.example']);
  });

  it('never mails about pull requests, nor when a newer build made this one pointless', async () => {
    const notice = sampleNotice({ ...FAILED, config: { notifications: { email: ADA } } });
    const pull = {
      ...notice,
      facts: { ...notice.facts, build: { ...notice.facts.build, event_type: 'pull_request' } },
    };
    const { event } = sampleNotice({ event: 'build:canceled' });
    const auto: Notice = {
      ...notice,
      event: { ...event, snapshot: { ...event.snapshot, cause: { command: 'build:cancel', auto: true } } },
    };
    for (const [about, reason] of [
      [pull, 'pull requests'],
      [auto, 'a newer build'],
    ] as const) {
      const decisions = await mailTargets(about, people(), 'smtp.example.org:587');
      expect(decisions).toEqual([{ element: 0, silent: expect.stringContaining(reason) }]);
    }
  });

  it('leaves those out who unsubscribed, named or not, and says so', async () => {
    const who = people([ADA, MEMBER]);
    await expect(mailed([ADA, EVE], FAILED, who)).resolves.toEqual([`1 ${EVE}`]);
    await expect(silent('ADA@example.org', FAILED, who)).resolves.toEqual([
      'ADA@example.org: unsubscribed, or wants no mail about builds',
    ]);
    await expect(mailed(undefined, FAILED, who)).resolves.toEqual([]);
  });

  it.each([
    ['no mail server can reach', 'ada@host.local', 'ada@host.local: it ends with .local'],
    ['nobody reads', 'noreply@github.com', 'noreply@github.com: a noreply address'],
    ['are none', 'not an address', 'not an address: no address'],
    ['cannot be decrypted', { secure: '' }, 'a recipient is encrypted and cannot be decrypted'],
  ])('says of recipients that %s why they are not mailed', async (_what, recipient, reason) => {
    const decisions = await decide({ recipients: [ADA, recipient] });
    expect(decisions).toEqual([
      { element: 0, silent: expect.stringContaining(reason) },
      expect.objectContaining({ display: ADA }),
    ]);
  });

  it('mails the first hundred, and says how many there were besides', async () => {
    const recipients = Array.from({ length: 103 }, (_, n) => `person-${n}@example.org`);
    await expect(mailed(recipients)).resolves.toHaveLength(100);
    await expect(silent({ recipients })).resolves.toEqual(['3 more recipients: only the first 100 are mailed']);
  });

  it('says of twenty why they are not mailed, and counts the others', async () => {
    const reasons = await silent({ recipients: Array.from({ length: 30 }, () => 'nobody@localhost') });
    expect(reasons).toHaveLength(21);
    expect(reasons.at(-1)).toBe('and 10 more are not mailed');
  });

  it('says so when nobody is named and nobody is a member', async () => {
    await expect(silent(undefined, FAILED, people([], []))).resolves.toEqual([
      expect.stringContaining('neither author nor committer is a member'),
    ]);
  });

  it('shows an encrypted recipient to nobody, mailed or not', async () => {
    const recipients = [{ secure: 'hunter2' }, { secure: 'hunter3' }];
    const decisions = await decide({ recipients }, FAILED, people(['hunter3@secret.example']));
    const shown = decisions.map(({ ...one }) => ({ ...one, key: undefined, target: undefined }));
    expect(JSON.stringify(shown)).not.toContain('hunter');
    const [mailed, ...silentOnes] = [...shown].sort(
      (one, other) => Number('silent' in one) - Number('silent' in other),
    );
    expect(mailed).toMatchObject({ display: '(encrypted recipient)' });
    expect(silentOnes).toMatchObject([{ silent: expect.stringMatching(/^\(encrypted recipient\): /) }]);
  });

  it('sends all of them to the mail server, recognised by their addresses, and remembers why they get mail', async () => {
    const [named] = (await decide('Ada@Example.org')) as ChannelTarget<MailTarget>[];
    expect(named).toEqual({
      element: 0,
      key: 'ada@example.org',
      display: 'Ada@Example.org',
      destination: 'smtp.example.org:587',
      target: { address: 'Ada@Example.org', secret: false, recipient: 'named' },
    });
    await expect(decide(undefined)).resolves.toMatchObject([{ target: { recipient: 'author' } }]);
  });
});
