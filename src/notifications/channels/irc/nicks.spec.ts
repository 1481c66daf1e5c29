import { isNick, nickCandidates } from './nicks';

describe('nickCandidates', () => {
  it('tries the wished nick, then ones like it, the last of which every server takes', () => {
    expect(nickCandidates('travis-ci').slice(0, 7)).toEqual([
      'travis-ci',
      'travis-ci_',
      'travis-ci__',
      'travis-c_',
      'travis-__',
      'travis-c1',
      'travis-c2',
    ]);
  });

  it('tries none twice, and only what can be a nick', () => {
    for (const nick of ['h', 'hub', 'travis-ci', 'a-very-long-nick-of-a-bot']) {
      const candidates = nickCandidates(nick);
      expect(new Set(candidates).size).toBe(candidates.length);
      expect(candidates.filter(isNick)).toEqual(candidates);
      expect(candidates.at(-1)?.length).toBeLessThanOrEqual(9);
    }
  });
});

describe('isNick', () => {
  it.each(['', '1st', '-hub', 'a b', 'a\r\nQUIT', 'a:b', '#hub', 'häns', 'n'.repeat(31)])('refuses "%s"', (nick) => {
    expect(isNick(nick)).toBe(false);
  });
});
