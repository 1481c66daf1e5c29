import { hashAddress, readToken, signToken } from './token';

const SECRET = 'a-secret-of-thirty-two-characters';
const subscription = { repositoryId: 42, addressHash: hashAddress('ada@example.org') };
const token = signToken(subscription, SECRET);

describe('tokens for unsubscribing', () => {
  it('name the repository and the address, which they do not hold', () => {
    expect(readToken(token, SECRET)).toEqual(subscription);
    expect(token).toMatch(/^42\.[\w-]+\.[\w-]+$/);
    expect(Buffer.from(token.split('.')[1]!, 'base64url').toString('latin1')).not.toContain('ada');
  });

  it('are the same for an address however it is spelt', () => {
    expect(hashAddress('ADA@example.org')).toBe(subscription.addressHash);
    expect(hashAddress('adam@example.org')).not.toBe(subscription.addressHash);
  });

  it('are worth nothing with another secret', () => {
    expect(readToken(token, `${SECRET}x`)).toBeNull();
  });

  it('are worth nothing once any character of them is changed', () => {
    const changed = Array.from(token, (character, at) => {
      const other = character === '4' ? '5' : '4';
      return `${token.slice(0, at)}${other}${token.slice(at + 1)}`;
    });
    // The last character of base64 holds bits that mean nothing.
    expect(changed.slice(0, -1).filter((text) => readToken(text, SECRET) !== null)).toEqual([]);
  });

  it.each([
    ['another repository', token.replace(/^42/, '43')],
    ['a repository in other digits', token.replace(/^42/, '042')],
    ['nothing', ''],
    ['no signature', token.split('.').slice(0, 2).join('.')],
    ['an empty signature', `${token.split('.').slice(0, 2).join('.')}.`],
    ['more behind it', `${token}.x`],
    ['something long', token + 'A'.repeat(1_000_000)],
    ['other characters', token.replace(/.$/, '=')],
  ])('are worth nothing with %s', (_what, text) => {
    expect(readToken(text, SECRET)).toBeNull();
  });
});
