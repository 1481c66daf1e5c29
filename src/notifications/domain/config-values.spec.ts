import { isSecret, listValues } from './config-values';

describe('listValues', () => {
  it.each([
    ['a@b.org', ['a@b.org']],
    ['a, b ,,c,', ['a', 'b', 'c']],
    [
      ['a', 'b, c'],
      ['a', 'b', 'c'],
    ],
    [['a', null, '', '  ', 7, true, {}, ['x']], ['a']],
    [{ secure: 'x' }, [{ secure: 'x' }]],
    [
      ['a', { secure: 'x' }],
      ['a', { secure: 'x' }],
    ],
    [null, []],
    [undefined, []],
    [true, []],
    [7, []],
    [{ recipients: 'a' }, []],
  ])('reads %j as %j', (value, expected) => {
    expect(listValues(value)).toEqual(expected);
  });
});

describe('isSecret', () => {
  it.each([
    [{ secure: 'x' }, true],
    [{ secure: 'x', other: 1 }, true],
    [{ secure: 1 }, false],
    [{}, false],
    [null, false],
    ['secure', false],
  ])('says of %j: %s', (value, expected) => {
    expect(isSecret(value)).toBe(expected);
  });
});
