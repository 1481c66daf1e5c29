import { cachedBuildId, cacheText } from './cached-state';

describe('a value of the states cache', () => {
  it('is written as Travis Hub writes it', () => {
    expect(cacheText({ id: 5, state: 'passed' })).toBe('{"id":5,"state":"passed"}');
  });

  it.each<[string, Buffer, number | undefined]>([
    ['is read as Hub writes it', Buffer.from('{"id":5,"state":"passed"}'), 5],
    [
      'is read as Dalli writes it, wrapped by Ruby',
      Buffer.from('\x04\bI"\x1E{"id":5,"state":"passed"}\x06:\x06ET', 'latin1'),
      5,
    ],
    ['is read with an id as text', Buffer.from('{"id":"5","state":"passed"}'), 5],
    ['is unknown when it holds no id', Buffer.from('{"state":"passed"}'), undefined],
    ['is unknown when it is something else', Buffer.from('\x78\x9c garbage'), undefined],
    ['is unknown when its id is no whole number', Buffer.from('{"id":1.5}'), undefined],
    ['is unknown when it is empty', Buffer.alloc(0), undefined],
  ])('%s', (_title, value, id) => {
    expect(cachedBuildId(value)).toBe(id);
  });
});
