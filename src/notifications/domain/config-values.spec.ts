import { holdsSecret, isSecret, listValues, namedParts, readParts, textValues } from './config-values';

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

describe('holdsSecret', () => {
  it.each<[unknown, boolean]>([
    [{ secure: 'x' }, true],
    [['a', { b: [{ secure: 'x' }] }], true],
    [{ secure: 7 }, false],
    ['secure', false],
    [null, false],
  ])('%j: %s', (value, expected) => {
    expect(holdsSecret(value)).toBe(expected);
  });
});

describe('namedParts', () => {
  it.each([
    ['a', 'a', [{ value: 'a', encrypted: false }]],
    [{ secure: 'x' }, 'a', [{ value: 'a', encrypted: true }]],
    [{ secure: 'x' }, null, [{ value: null, encrypted: true }]],
    [
      ['a', { url: { secure: 'x' } }],
      ['a', { url: 'b' }],
      [
        { value: ['a'], encrypted: false },
        { value: [{ url: 'b' }], encrypted: true },
      ],
    ],
    [[], [], []],
  ])('of %j, decrypted %j', (written, revealed, expected) => {
    expect(namedParts(written, revealed)).toEqual(expected);
  });
});

describe('readParts', () => {
  const read = (parts: { value: unknown; encrypted: boolean }[]): unknown => {
    const { found, reasons } = readParts(parts, textValues);
    return [found.map(({ target, encrypted }) => `${target}${encrypted ? '!' : ''}`), reasons];
  };

  it.each([
    [[{ value: 'a, b', encrypted: false }], [['a', 'b'], []]],
    [[{ value: 'a, b', encrypted: true }], [['a!', 'b!'], []]],
    [[{ value: null, encrypted: false }], [[], ['nobody is named']]],
    [[], [[], ['nobody is named']]],
    [[{ value: null, encrypted: true }], [[], [expect.stringContaining('cannot be decrypted')]]],
    [
      [
        { value: ['a'], encrypted: false },
        { value: [null], encrypted: true },
      ],
      [['a'], [expect.stringContaining('cannot be decrypted')]],
    ],
  ])('of %j', (parts, expected) => {
    expect(read(parts)).toEqual(expected);
  });
});
