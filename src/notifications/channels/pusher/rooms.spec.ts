import { sampleNotice } from '../../../../test/contract/sample-notice';
import { liveChannels } from './rooms';

const open = { ...sampleNotice().facts.repository, id: 7, private: false };
const closed = { ...open, private: true };
const users = (count: number) => Array.from({ length: count }, (_, nth) => nth + 1);

describe('liveChannels', () => {
  it.each([
    ['a public repository', open, [1, 2], false, ['repo-7', 'private-user-1', 'private-user-2']],
    ['a private one', closed, [1, 2], false, ['private-user-1', 'private-user-2']],
    ['a public one that is kept to its users', open, [1], true, ['private-user-1']],
    ['a public one that nobody follows', open, [], false, ['repo-7']],
    ['a user with two permissions', closed, [3, 3], false, ['private-user-3']],
  ])('names those of %s', (_what, repository, ids, secure, expected) => {
    expect(liveChannels(repository, ids, secure)).toEqual([expected]);
  });

  it('names none for a private repository that nobody may see', () => {
    expect(liveChannels(closed, [], false)).toEqual([]);
  });

  it('puts at most 100 into a group, and leaves nobody out', () => {
    const groups = liveChannels(open, users(250), false);
    expect(groups.map(({ length }) => length)).toEqual([100, 100, 51]);
    expect(groups.flat()).toEqual(['repo-7', ...users(250).map((id) => `private-user-${id}`)]);
    expect(liveChannels(closed, users(100), false).map(({ length }) => length)).toEqual([100]);
  });
});
