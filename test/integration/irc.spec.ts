import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { inspect, promisify } from 'node:util';
import type { Notice } from '../../src/notifications/channel';
import { createTestCertificate } from '../support/certificates';
import { eventually } from '../support/eventually';
import { IrcPerson } from '../support/irc-person';
import { IrcServer } from '../support/irc-server';
import { FAST, IrcScene, secure } from './irc-scene';

const DELIVERED = [{ kind: 'delivered' }];
const LINES = [
  'PRIVMSG svenfuchs/minimal#2 (master - 62aae5f : Sven Fuchs): The build passed.',
  'PRIVMSG Change view : https://github.com/svenfuchs/minimal/compare/master...develop',
  'PRIVMSG Build details : https://ci.example.org/svenfuchs/minimal/builds/1',
];

describe('IRC', () => {
  let server: IrcServer;
  let scene: IrcScene;
  const people: IrcPerson[] = [];

  beforeAll(async () => {
    server = await IrcServer.start({ certificate: await createTestCertificate() });
  });

  beforeEach(() => {
    scene = new IrcScene();
  });

  afterEach(async () => {
    await scene.close();
    for (const person of people.splice(0)) person.leave();
  });

  afterAll(() => server.stop());

  const arrive = async (nick: string, ...channels: string[]): Promise<IrcPerson> => {
    const person = await IrcPerson.arrive(server.port, nick, channels);
    people.push(person);
    return person;
  };
  /** Somebody in a new channel that only one test uses, with modes, e.g. `+k sesame`. */
  let channelCount = 0;
  const inNewChannel = async (modes?: string): Promise<{ channel: string; at: string; ada: IrcPerson }> => {
    const channel = `#test-${++channelCount}`;
    const ada = await arrive(`ada${channelCount}`, channel);
    if (modes !== undefined) ada.say(`MODE ${channel} ${modes}`);
    await ada.inStep();
    return { channel, at: `127.0.0.1:${server.port}${channel}`, ada };
  };

  it('joins the channel and says the three lines that people know', async () => {
    const { channel, at, ada } = await inNewChannel();
    await expect(scene.tell(at)).resolves.toEqual(DELIVERED);
    await ada.inStep();
    expect(ada.saidIn(channel)).toEqual(LINES);
    expect(ada.heard.filter((line) => / JOIN /.test(line) && line.startsWith(':travis-ci!'))).toHaveLength(1);
  });

  it('speaks from outside with skip_join', async () => {
    const { channel, at, ada } = await inNewChannel();
    await expect(scene.tell({ channels: at, skip_join: true })).resolves.toEqual(DELIVERED);
    await ada.inStep();
    expect(ada.saidIn(channel)).toEqual(LINES);
    expect(ada.heard.some((line) => line.startsWith(':travis-ci!') && / JOIN /.test(line))).toBe(false);
  });

  it.each(['use_notice', 'notice'])('says it as a notice with %s', async (option) => {
    const { channel, at, ada } = await inNewChannel();
    await scene.tell({ channels: [at], [option]: true, template: 'built' });
    await ada.inStep();
    expect(ada.saidIn(channel)).toEqual(['NOTICE built']);
  });

  it('honours the options of each entry of a normalised config, also encrypted ones', async () => {
    const [one, two] = [await inNewChannel(), await inNewChannel('+k sesame')];
    const outcomes = await scene.tell([
      { channels: [one.at], template: ['%{result}', '%{unknown}'], nick: 'botone' },
      { channels: [secure(two.at)], template: '%{build_number}', channel_key: secure('sesame'), use_notice: true },
    ]);
    expect(outcomes).toEqual([{ kind: 'delivered' }, { kind: 'delivered' }]);
    await Promise.all([one.ada.inStep(), two.ada.inStep()]);
    expect(one.ada.saidIn(one.channel)).toEqual(['PRIVMSG passed', 'PRIVMSG %{unknown}']);
    expect(two.ada.saidIn(two.channel)).toEqual(['NOTICE 2']);
    await one.ada.hears(/^:botone!.* PRIVMSG /);
  });

  it.each([
    ['behind a comma', (at: string) => `${at},sesame`],
    ['behind an encoded comma', (at: string) => `${at}%2Csesame`],
    ['as channel_key', (at: string) => ({ channels: at, channel_key: 'sesame' })],
    ['of its own although there is a channel_key', (at: string) => ({ channels: `${at}%2Csesame`, channel_key: 'no' })],
  ])('comes in with a key %s', async (_how, section) => {
    const { channel, at, ada } = await inNewChannel('+k sesame');
    await expect(scene.tell(section(at))).resolves.toEqual(DELIVERED);
    await ada.inStep();
    expect(ada.saidIn(channel)).toEqual(LINES);
  });

  it.each([
    ['that has a key', '+k sesame', 'has a key'],
    ['for invited people', '+i', 'invited people only'],
    ['that banned it', '+b travis-ci!*@*', 'banned'],
    ['where only some may speak', '+m', 'does not let Hub speak'],
  ])('gives up on a channel %s', async (_what, modes, reason) => {
    const { channel, at, ada } = await inNewChannel(modes);
    const outcomes = await scene.tell({ channels: at, channel_key: 'wrong-key' });
    expect(outcomes).toEqual([{ kind: 'rejected', reason: expect.stringContaining(reason) }]);
    await ada.inStep();
    expect(ada.saidIn(channel)).toEqual([]);
    expect(inspect(outcomes)).not.toMatch(/sesame|wrong-key/);
  });

  it('gives up on a channel that lets nobody speak from outside, and one that is not there, with skip_join', async () => {
    const { at } = await inNewChannel('+n');
    const nowhere = `127.0.0.1:${server.port}#nobody-is-here`;
    await expect(scene.tell({ channels: [at, nowhere], skip_join: true })).resolves.toEqual([
      { kind: 'rejected', reason: 'the channel does not let Hub speak (IRC 404)' },
      { kind: 'rejected', reason: 'there is no such channel (IRC 401)' },
    ]);
  });

  it('lets one channel refuse and tells the others', async () => {
    const [open, closed] = [await inNewChannel(), await inNewChannel('+i')];
    const outcomes = await scene.tell(`${open.at}, ${closed.at}`);
    expect(outcomes).toMatchObject([{ kind: 'delivered' }, { kind: 'rejected' }]);
    await open.ada.inStep();
    expect(open.ada.saidIn(open.channel)).toEqual(LINES);
  });

  it('comes back into a channel that it was kicked out of', async () => {
    const { channel, at, ada } = await inNewChannel();
    await scene.tell(at);
    ada.say(`KICK ${channel} travis-ci`);
    await ada.inStep();
    await expect(scene.tell(at)).resolves.toEqual(DELIVERED);
    await ada.inStep();
    expect(ada.saidIn(channel)).toEqual([...LINES, ...LINES]);
  });

  it('takes a nick like its own when its own is taken', async () => {
    await arrive('travis-ci');
    await arrive('travis-c_');
    const { at, ada } = await inNewChannel();
    await expect(scene.tell(at)).resolves.toEqual(DELIVERED);
    await expect(ada.hears(/^:travis-__!.* PRIVMSG /)).resolves.toBeDefined();
  });

  it('gives up with a nick that the server takes from nobody', async () => {
    const { at } = await inNewChannel();
    await expect(scene.tell({ channels: at, nick: 'a-nick-that-is-too-long' })).resolves.toEqual([
      { kind: 'rejected', reason: 'the server does not take the nick (IRC 432)' },
    ]);
  });

  it('makes itself known to NickServ before it joins, and goes on without one', async () => {
    const { at } = await inNewChannel();
    const section = { channels: at, nickserv_password: secure('open sesame') };
    await expect(scene.tell({ ...section, nick: 'early' })).resolves.toEqual(DELIVERED);
    const nickserv = await arrive('NickServ');
    await expect(scene.tell(section)).resolves.toEqual(DELIVERED);
    await nickserv.hears(/^:travis-ci!\S+ PRIVMSG NickServ :IDENTIFY open sesame$/);
  });

  it('tells NickServ whose password it is when it had to take another nick', async () => {
    const nickserv = await arrive('NickServ');
    await arrive('builder');
    const { at } = await inNewChannel();
    const section = { channels: at, nick: 'builder', nickserv_password: 'secret' };
    await expect(scene.tell(section)).resolves.toEqual(DELIVERED);
    await nickserv.hears(/^:builder_!\S+ PRIVMSG NickServ :IDENTIFY builder secret$/);
  });

  describe('on a server with a password', () => {
    let closed: IrcServer;

    beforeAll(async () => {
      closed = await IrcServer.start({ password: 'hunter2' });
    });

    afterAll(() => closed.stop());

    it('comes in with the password of the config, plain or encrypted', async () => {
      const channels = `127.0.0.1:${closed.port}#builds`;
      const ada = await IrcPerson.arrive(closed.port, 'ada', ['#builds'], 'hunter2');
      people.push(ada);
      await expect(scene.tell({ channels, password: 'hunter2' })).resolves.toEqual(DELIVERED);
      await expect(scene.tell([{ channels, password: secure('hunter2'), nick: 'other' }])).resolves.toEqual(DELIVERED);
      await ada.inStep();
      expect(ada.saidIn('#builds')).toEqual([...LINES, ...LINES]);
    });

    it.each([
      ['without one', {}],
      ['with another one', { password: 'hunter3' }],
    ])('gives up %s, and says nothing of it', async (_how, options) => {
      const outcomes = await scene.tell({ channels: `127.0.0.1:${closed.port}#builds`, ...options });
      expect(outcomes).toEqual([{ kind: 'rejected', reason: expect.stringContaining('password') }]);
      expect(inspect(outcomes)).not.toContain('hunter');
    });
  });

  describe('over TLS', () => {
    const at = (host: string, channel: string) => `ircs://${host}:${server.tlsPort}${channel}`;

    it('does not trust a certificate that nobody signed whom it knows, unless it is told to', async () => {
      const { channel, ada } = await inNewChannel();
      const [strict] = await scene.tell(at('localhost', channel));
      expect(strict).toMatchObject({ kind: 'retry', reason: expect.stringMatching(/certificate/i) });
      const channels = at('127.0.0.1', channel);
      await expect(scene.tell({ channels, verify_certificate: false })).resolves.toEqual(DELIVERED);
      await ada.inStep();
      expect(ada.saidIn(channel)).toEqual(LINES);
    });
  });

  describe('what others wrote', () => {
    const hostile = (text: string): Notice => {
      const notice = scene.notice({
        channels: `127.0.0.1:${server.port}#hostile`,
        template: ['%{commit_message}', '%{branch}', '%{author}', '%{commit_subject}', '%{compare_url}'],
      });
      const { facts } = notice;
      const commit = facts.commit && {
        ...facts.commit,
        message: text,
        branch: text,
        author_name: text,
        compare_url: text,
      };
      return { ...notice, facts: { ...facts, commit, build: { ...facts.build, branch: text } } };
    };

    it.each([
      ['a line break and a command', 'fix\r\nPRIVMSG #victims :owned\r\nQUIT :bye'],
      ['a line feed and a command', 'fix\nPRIVMSG #victims :owned'],
      ['a carriage return and a command', 'fix\rPRIVMSG #victims :owned'],
      ['a NUL and a command', 'fix\0\r\0\nPRIVMSG #victims :owned'],
      ['a request to clients', '\x01DCC SEND x 1 2 3\x01'],
      ['unpaired surrogates', 'fix \ud800 it\udfff'],
      ['a line that is far too long', `${'🚧'.repeat(600)}\nPRIVMSG #victims :owned`],
      ['words that begin like the rest of a line', ':irc.example.org 001 travis-ci :Welcome'],
    ])('is said as text, whatever it holds: %s', async (_what, text) => {
      const victim = await arrive('victim', '#victims');
      const ada = await arrive('ada', '#hostile');
      await expect(scene.tellAll(hostile(text))).resolves.toEqual(DELIVERED);
      await Promise.all([ada.inStep(), victim.inStep()]);
      expect(victim.saidIn('#victims')).toEqual([]);
      const said = ada.saidIn('#hostile');
      expect(said).toHaveLength(5);
      expect(said.join('')).not.toMatch(/\p{Cc}/u);
      for (const line of ada.heard) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(510);
      expect(ada.heard.filter((line) => /^:\S+ QUIT/.test(line))).toEqual([]);
    });
  });

  it('never sends what would become a second command, should a check before have failed', async () => {
    const { at, channel, ada } = await inNewChannel();
    const notice = scene.notice(at);
    const [target] = await scene.targets(notice);
    if (target === undefined) throw new Error('There is no target.');
    const hostile = { ...target.target, channel: `${channel}\r\nPRIVMSG ${channel} :owned` };
    const { signal } = new AbortController();
    await expect(scene.channel.deliver(notice, hostile, { deliveryId: 1, attempt: 1, signal })).resolves.toMatchObject({
      kind: 'rejected',
    });
    await ada.inStep();
    expect(ada.saidIn(channel)).toEqual([]);
  });

  describe('one connection', () => {
    const connections = (): number => server.output.match(/User "[^"]+" registered/g)?.length ?? 0;

    it('serves many builds, and comes into each channel once', async () => {
      const [one, two, three] = [await inNewChannel(), await inNewChannel(), await inNewChannel()];
      const before = connections();
      const builds = Array.from({ length: 40 }, (_, index) => 1_000 + index);
      const section = [one.at, two.at, three.at].join(',');
      const outcomes = await Promise.all(builds.map((buildId) => scene.tell(section, { buildId })));
      expect(outcomes.flat().filter(({ kind }) => kind === 'delivered')).toHaveLength(120);
      for (const { ada, channel } of [one, two, three]) {
        await ada.inStep();
        expect(ada.saidIn(channel)).toHaveLength(120);
        expect(ada.heard.filter((line) => line.startsWith(':travis-ci!') && / JOIN /.test(line))).toHaveLength(1);
        const told = ada.saidIn(channel).filter((line) => line.includes('Build details'));
        expect(told).toEqual(builds.map((id) => expect.stringMatching(new RegExp(`/builds/${id}$`))));
      }
      expect(connections() - before).toBe(1);
    });

    it('lets nobody speak where only the key of another config opens', async () => {
      const { at, channel, ada } = await inNewChannel('+nk sesame');
      await expect(scene.tell({ channels: at, channel_key: 'sesame' })).resolves.toEqual(DELIVERED);
      const refused = { kind: 'rejected', reason: expect.stringContaining('has a key') };
      await expect(scene.tell(at)).resolves.toEqual([refused]);
      await expect(scene.tell({ channels: at, channel_key: 'sesame' })).resolves.toEqual(DELIVERED);
      await expect(scene.tell({ channels: at, skip_join: true })).resolves.toMatchObject([{ kind: 'rejected' }]);
      await ada.inStep();
      expect(ada.saidIn(channel)).toHaveLength(6);
    });

    it('leaves the channel it needed longest ago when the server allows no more', async () => {
      const channels = Array.from({ length: 11 }, (_, index) => `#many-${index}`);
      const ada = await arrive('ada', ...channels.slice(0, 10));
      for (const channel of channels) {
        await expect(scene.tell(`127.0.0.1:${server.port}${channel}`)).resolves.toEqual(DELIVERED);
      }
      await ada.hears(/^:travis-ci!\S+ PART :?#many-0/);
    });

    it('is left a while after the last build', async () => {
      scene = new IrcScene({ ...FAST, idleMs: 50 });
      const { at, ada } = await inNewChannel();
      await expect(scene.tell(at)).resolves.toEqual(DELIVERED);
      await ada.hears(/^:travis-ci!\S+ QUIT /);
    });

    it('is left when Hub stops, and no other is opened', async () => {
      const { at, ada } = await inNewChannel();
      await scene.tell(at);
      await scene.close();
      await ada.hears(/^:travis-ci!\S+ QUIT .*until the next build/);
      await expect(scene.tell(at)).resolves.toEqual([{ kind: 'retry', reason: 'Hub stops' }]);
    });

    it('says no more lines at once than a server bears', async () => {
      scene = new IrcScene({ ...FAST, burst: 4, lineMs: 100 });
      const { at, channel, ada } = await inNewChannel();
      const start = performance.now();
      await Promise.all([1, 2, 3].map((buildId) => scene.tell(at, { buildId })));
      // One JOIN and nine lines: six of them have to wait for 100 ms each.
      expect(performance.now() - start).toBeGreaterThan(590);
      await ada.inStep();
      expect(ada.saidIn(channel)).toHaveLength(9);
    });
  });

  describe('when things go wrong', () => {
    it('tries again after a server was away, and says nothing twice that was taken', async () => {
      const own = await IrcServer.start();
      const at = `127.0.0.1:${own.port}#builds`;
      try {
        await expect(scene.tell(at)).resolves.toEqual(DELIVERED);
        await own.down();
        const [outcome] = await scene.tell(at);
        expect(outcome).toMatchObject({ kind: 'retry' });
        await own.up();
        const ada = await IrcPerson.arrive(own.port, 'ada', ['#builds']);
        people.push(ada);
        await expect(scene.tell(at, { buildId: 7 })).resolves.toEqual(DELIVERED);
        await ada.inStep();
        expect(ada.saidIn('#builds').filter((line) => line.includes('Build details'))).toEqual([
          expect.stringMatching(/builds\/7$/),
        ]);
      } finally {
        await own.stop();
      }
    });

    it('gives a connection up whose server does not answer, and opens another one', async () => {
      const own = await IrcServer.start();
      scene = new IrcScene({ ...FAST, answerMs: 300 });
      const at = `127.0.0.1:${own.port}#builds`;
      try {
        await expect(scene.tell(at)).resolves.toEqual(DELIVERED);
        own.freeze();
        await expect(scene.tell(at)).resolves.toEqual([{ kind: 'retry', reason: 'the server does not answer' }]);
        own.resume();
        await expect(scene.tell(at)).resolves.toEqual(DELIVERED);
      } finally {
        await own.stop();
      }
    });

    it('stops at once when its time is over, and leaves the connection to others', async () => {
      scene = new IrcScene({ ...FAST, burst: 1, lineMs: 200 });
      const { at, channel, ada } = await inNewChannel();
      await scene.tell({ channels: at, template: 'first' });
      const controller = new AbortController();
      const slow = scene.tell({ channels: at, template: Array(20).fill('slow') }, {}, controller.signal);
      const other = scene.tell({ channels: at, template: 'other' });
      await ada.hears(/slow/);
      controller.abort();
      const aborted = performance.now();
      await expect(slow).resolves.toEqual([{ kind: 'retry', reason: 'the time of this attempt is over' }]);
      expect(performance.now() - aborted).toBeLessThan(150);
      await expect(other).resolves.toEqual(DELIVERED);
      await ada.inStep();
      expect(ada.saidIn(channel).at(-1)).toBe('PRIVMSG other');
    });

    it('does not begin when its time is over already', async () => {
      const { at, channel, ada } = await inNewChannel();
      await expect(scene.tell(at, {}, AbortSignal.abort())).resolves.toMatchObject([{ kind: 'retry' }]);
      await ada.inStep();
      expect(ada.saidIn(channel)).toEqual([]);
    });

    it.each([
      ['options that have no value', ':evil 005 hub CHANTYPES\r\n', 'does not speak IRC'],
      ['half a command', ':evil CAP\r\n', 'does not speak IRC'],
      [
        'our password at the end of a long text',
        `ERROR :${'x'.repeat(163)}hunter2\r\n`,
        `ended the connection: ${'x'.repeat(163)}[sec`,
      ],
      ['a line without an end', 'x'.repeat(100_000), 'says too much'],
      ['a list without an end', `:evil 353 hub = #b :${'x '.repeat(4_000)}\r\n`.repeat(1_000), 'says too much'],
      ['nothing', '', 'did not let Hub in in time'],
    ])('bears a server that says %s', async (_what, words, reason) => {
      if (words === '') scene = new IrcScene({ ...FAST, registrationMs: 300 });
      const evil = createServer((socket) => {
        socket.on('error', () => undefined).resume();
        socket.write(words);
        if (words.startsWith('ERROR')) socket.end();
      }).listen(0, '127.0.0.1');
      await once(evil, 'listening');
      try {
        const channels = `127.0.0.1:${(evil.address() as AddressInfo).port}#builds`;
        const outcomes = await scene.tell({ channels, password: 'hunter2' });
        expect(outcomes).toEqual([{ kind: 'retry', reason: `the server ${reason}` }]);
        await expect(connectionsOf(evil)).resolves.toBe(0);
      } finally {
        evil.close();
      }
    });

    it('asks to wait when more lines wait for a server than it will hear in time', async () => {
      scene = new IrcScene({ ...FAST, burst: 1, lineMs: 50, longestWaitMs: 200 });
      const { at } = await inNewChannel();
      const outcomes = await Promise.all(Array.from({ length: 4 }, (_, buildId) => scene.tell(at, { buildId })));
      expect(outcomes.flat()).toEqual([
        { kind: 'delivered' },
        { kind: 'delivered' },
        { kind: 'retry', reason: expect.stringContaining('lines wait'), afterMs: 300 },
        { kind: 'retry', reason: expect.stringContaining('lines wait'), afterMs: 300 },
      ]);
    });

    it('does not reach into the network that Hub stands in', async () => {
      scene = new IrcScene(FAST, []);
      await expect(scene.tell(`127.0.0.1:${server.port}#builds`)).resolves.toEqual([
        { kind: 'rejected', reason: expect.stringContaining('loopback') },
      ]);
    });
  });

  it('shows and stores nothing of an encrypted channel', async () => {
    const notice = scene.notice([{ channels: [secure('irc.secret.example.org:7000#hidden,sesame')] }]);
    const [target] = await scene.targets(notice);
    expect(target?.target).toMatchObject({ channel: '#hidden', key: 'sesame' });
    const { target: _kept, ...stored } = target ?? {};
    expect(inspect(stored)).not.toMatch(/secret\.example|hidden|sesame/);
  });
});

/** How many are connected, once nobody is. */
function connectionsOf(server: Server): Promise<number> {
  return eventually(async () => {
    const count = await promisify(server.getConnections.bind(server))();
    if (count > 0) throw new Error(`${count} are still connected`);
    return count;
  });
}
