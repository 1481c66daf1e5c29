import { addressKey, whyNotMailed } from './addresses';

describe('whyNotMailed', () => {
  it.each([
    'ada@example.org',
    'Ada.Lovelace+ci@mail.example.co.uk',
    "o'neil@example.org",
    'ada@bücher.example',
    'ädä@example.org',
    'a_b-c=d/e@x-y.example',
    'replies@example.org',
  ])('lets %s through', (address) => {
    expect(whyNotMailed(address)).toBeNull();
  });

  it.each([
    ['', 'no address'],
    ['ada', 'no address'],
    ['@example.org', 'no address'],
    ['ada@', 'no address'],
    ['ada@example..org', 'no address'],
    ['ada@-example.org', 'no address'],
    ['.ada@example.org', 'no address'],
    ['ada@example.org.', 'no address'],
    ['Ada <ada@example.org>', 'no address'],
    ['<ada@example.org>', 'no address'],
    ['a b@example.org', 'no address'],
    ['a@b@example.org', 'no address'],
    ['"a b"@example.org', 'no address'],
    ['ada@[127.0.0.1]', 'no address'],
    ['ada@example.org\r\nRCPT TO:<eve@example.org>', 'no address'],
    ['ada@example.org\u2028', 'no address'],
    ['ad\u202ea@example.org', 'no address'],
    ['ada\u0000@example.org', 'no address'],
    [`${'a'.repeat(65)}@example.org`, 'no address'],
    [`ada@${'a.'.repeat(126)}org`, 'no address'],
    ['ada@localhost', 'no dot'],
    ['ada@mac.local', '.local'],
    ['ada@MAC.LOCAL', '.local'],
    ['ada@10.1.2.3', 'number'],
    ['noreply@github.com', 'noreply'],
    ['No-Reply@example.org', 'noreply'],
    ['do-not-reply@example.org', 'noreply'],
    ['123+ada@users.noreply.github.com', 'noreply'],
  ])('refuses %j: %s', (address, reason) => {
    expect(whyNotMailed(address)).toContain(reason);
  });
});

describe('addressKey', () => {
  it('is the same however an address is spelt', () => {
    expect(addressKey('Ada@Example.org')).toBe(addressKey('ada@example.ORG'));
    expect(addressKey('ada@example.org')).not.toBe(addressKey('adam@example.org'));
  });
});
