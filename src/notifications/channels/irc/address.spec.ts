import { isKey, readAddresses } from './address';

/** Addresses as `scheme://host:port #channel key`, or the reason why one is none. */
const read = (text: string): string[] =>
  readAddresses(text).map((found) =>
    'unreadable' in found
      ? found.unreadable
      : [`${found.tls ? 'ircs' : 'irc'}://${found.host}:${found.port}`, found.channel, found.key ?? []]
          .flat()
          .join(' '),
  );

describe('readAddresses', () => {
  it.each([
    ['a host', 'irc.example.org#builds', ['irc://irc.example.org:6667 #builds']],
    ['a host and a port', 'irc.example.org:6668#builds', ['irc://irc.example.org:6668 #builds']],
    ['a scheme', 'irc://irc.example.org#builds', ['irc://irc.example.org:6667 #builds']],
    ['the scheme of TLS, which has a port of its own', 'ircs://irc.example.org#b', ['ircs://irc.example.org:6697 #b']],
    ['TLS on another port', 'IRCS://irc.example.org:7000#b', ['ircs://irc.example.org:7000 #b']],
    ['a slash before the channel', 'ircs://irc.example.org/#b', ['ircs://irc.example.org:6697 #b']],
    ['a host in capitals', 'IRC.Example.org#B', ['irc://irc.example.org:6667 #B']],
    ['an address of IPv6', 'irc://[2001:db8::1]:6667#b', ['irc://2001:db8::1:6667 #b']],
    ['a channel whose name begins with two #', 'irc.example.org##b', ['irc://irc.example.org:6667 ##b']],
    ['the same, encoded', 'irc.example.org#%23b', ['irc://irc.example.org:6667 ##b']],
    ['a name in UTF-8', 'irc.example.org#käse', ['irc://irc.example.org:6667 #käse']],
    ['a percent sign that encodes nothing', 'irc.example.org#100%', ['irc://irc.example.org:6667 #100%']],
    ['a key', 'irc.example.org#b,sesame', ['irc://irc.example.org:6667 #b sesame']],
    ['an encoded key', 'irc.example.org#b%2Csesame', ['irc://irc.example.org:6667 #b sesame']],
    ['an encoded key with a dot', 'irc.example.org#b%2cse.same', ['irc://irc.example.org:6667 #b se.same']],
    [
      'several, some with keys',
      'irc.a.org#a, irc.b.org#b,sesame, irc.c.org#c%2Csecret ,irc.d.org#d',
      [
        'irc://irc.a.org:6667 #a',
        'irc://irc.b.org:6667 #b sesame',
        'irc://irc.c.org:6667 #c secret',
        'irc://irc.d.org:6667 #d',
      ],
    ],
    ['commas and nothing', ' , ,', []],
  ])('reads %s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    ['a server alone', 'irc.example.org', 'without a channel'],
    ['a server with an empty channel', 'irc.example.org#', 'without a channel'],
    ['a url of the web', 'https://irc.example.org#b', 'is not written like'],
    ['user and password', 'irc://me:secret@irc.example.org#b', 'is not written like'],
    ['a port that is none', 'irc.example.org:0#b', 'a port is not'],
    ['a port that is too high', 'irc.example.org:70000#b', 'a port is not'],
    ['a name with a space', 'irc.example.org#a%20b', 'the name of a channel'],
    ['a name with a line break', 'irc.example.org#a%0d%0aQUIT', 'the name of a channel'],
    ['a name with a bell', 'irc.example.org#a%07', 'the name of a channel'],
    ['a name that fills the line', `irc.example.org#${'ä'.repeat(100)}`, 'the name of a channel'],
    ['a key with a line break', 'irc.example.org#a%2Ckey%0aQUIT', 'the key of a channel'],
    ['a key with a space', 'irc.example.org#a%2Ckey%20', 'the key of a channel'],
    ['an empty key', 'irc.example.org#a%2C', 'the key of a channel'],
    ['two keys', 'irc.example.org#a%2Cone%2Ctwo', 'the name of a channel'],
  ])('says what is wrong with %s, and repeats nothing of it', (_what, text, reason) => {
    const [found, ...rest] = read(text);
    expect(rest).toEqual([]);
    expect(found).toContain(reason);
    expect(found).not.toMatch(/secret|QUIT|two/);
  });

  it('reads the others beside one that it cannot read', () => {
    expect(read('irc.a.org, irc.b.org#b')).toEqual([
      'an entry names a server without a channel: write host#channel',
      'irc://irc.b.org:6667 #b',
    ]);
  });
});

describe('isKey', () => {
  it('takes nothing that would end the word, the line or be the rest of it', () => {
    expect(['sesame', 's3cr3t!', 'ключ'].filter(isKey)).toHaveLength(3);
    expect(['', ':key', 'a b', 'a,b', 'a\rb', 'a\nb', 'a\0b', 'k'.repeat(201)].filter(isKey)).toEqual([]);
  });
});
