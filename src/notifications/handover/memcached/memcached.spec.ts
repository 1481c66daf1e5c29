import { UnusableKey, usableKey } from './memcached';

describe('a key', () => {
  it('is taken as it is while memcached can hold it', () => {
    expect(usableKey('state:7-feature/größe')).toBe('state:7-feature/größe');
    const longest = `state:1-${'x'.repeat(242)}`;
    expect(usableKey(longest)).toBe(longest);
  });

  it('is shortened as Dalli shortens it', () => {
    // As Dalli 3.0.6 answered.
    expect(usableKey(`state:1-${'x'.repeat(300)}`)).toBe(
      `state:1-${'x'.repeat(204)}:md5:e440a7354e1edd634e2a31031bdcaaeb`,
    );
  });

  it.each(['state:1-two words', 'state:1-a\r\nflush_all', 'state:1-\0', `state:1-${'ü'.repeat(200)}`])(
    'is refused when memcached could not hold it, or would take it for a command: %j',
    (key) => {
      expect(() => usableKey(key)).toThrow(UnusableKey);
    },
  );
});
