import { CredentialBook, readBasicCredentials } from './credentials';

const header = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('reading HTTP Basic credentials', () => {
  it('splits at the first colon only, so passwords may hold colons', () => {
    expect(readBasicCredentials(header('hub:a:b'))).toEqual({ user: 'hub', password: 'a:b' });
  });

  it('reads UTF-8 and any case of the scheme', () => {
    const encoded = Buffer.from('hub:pässwörd').toString('base64');
    expect(readBasicCredentials(`bASIC ${encoded}`)).toEqual({ user: 'hub', password: 'pässwörd' });
  });

  it.each([
    ['nothing', undefined],
    ['another scheme', 'Bearer abc'],
    ['no credentials', 'Basic '],
    ['text that is not base64', 'Basic !!!!'],
    ['text without a colon', header('hub')],
  ])('finds none in %s', (_, value) => {
    expect(readBasicCredentials(value)).toBeNull();
  });
});

describe('the credential book', () => {
  const book = new CredentialBook([
    { user: 'hub', password: 'one' },
    { user: 'worker', password: 'two' },
  ]);

  it('knows every user it was given', () => {
    expect(book.find({ user: 'hub', password: 'one' })).toBe('hub');
    expect(book.find({ user: 'worker', password: 'two' })).toBe('worker');
  });

  it.each([
    ['a wrong password', 'hub', 'two'],
    ['a longer password', 'hub', 'one '],
    ['an empty password', 'hub', ''],
    ['an unknown user', 'nobody', 'one'],
    ['user and password split elsewhere', 'h', 'ub:one'],
  ])('refuses %s', (_, user, password) => {
    expect(book.find({ user, password })).toBeNull();
  });

  it('lets nobody in when it is empty', () => {
    expect(new CredentialBook([]).find({ user: '', password: '' })).toBeNull();
  });
});
