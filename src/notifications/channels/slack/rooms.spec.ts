import { readRoom } from './rooms';

const HOOK = 'https://team-1.slack.com/services/hooks/travis?token=token_1-A';

describe('readRoom', () => {
  it.each([
    ['team-1:token_1-A', HOOK, null],
    ['team-1:token_1-A#channel1', HOOK, '#channel1'],
    ['team-1:token_1-A#ünï code', HOOK, '#ünï code'],
    ['team-1:token_1-A#a#b', HOOK, '#a'],
    ['https://hooks.slack.com/services/T0/B0/XyZ', 'https://hooks.slack.com/services/T0/B0/XyZ', null],
    ['https://chat.example.org/hooks/xyz#town-square', 'https://chat.example.org/hooks/xyz', '#town-square'],
    ['https://chat.example.org/hooks/xyz#@alice', 'https://chat.example.org/hooks/xyz', '@alice'],
    ['https://chat.example.org/hooks/xyz#b%C3%BCro', 'https://chat.example.org/hooks/xyz', '#büro'],
    ['https://chat.example.org/hooks/xyz#100%', 'https://chat.example.org/hooks/xyz', '#100%'],
    ['HTTP://u:p@127.0.0.1:8065/hooks/xyz?a=b#', 'http://u:p@127.0.0.1:8065/hooks/xyz?a=b', null],
  ])('reads %s', (text, url, channel) => {
    expect(readRoom(text)).toEqual({ url, channel });
  });

  it.each([
    '',
    'team-1',
    'team-1:',
    'team-1:token#',
    ':token#channel',
    'team.evil.example.org/:token',
    'team-1:to/ken',
    'team-1:token\nX',
    '#channel',
    'hooks.slack.com/services/T0/B0/XyZ',
    'ftp://chat.example.org/x',
    'javascript:alert(1)',
    'https://',
    '3109euaofjelw;arj;gfer//asfg=adfaf4lk3rj',
  ])('does not take %j for a room', (text) => {
    expect(readRoom(text)).toBeNull();
  });
});
