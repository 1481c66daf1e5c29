import { canonicalJson, findUnstorable } from './plain-json';

describe('finding what cannot be stored', () => {
  it('has nothing against ordinary JSON, emoji included', () => {
    expect(findUnstorable({ a: [1, -2.5, null, true, 'text', '🚀'], b: { c: {} } })).toBeNull();
  });

  it.each([
    ['a NUL in a value', { a: { b: ['x\0'] } }, 'a.b.0'],
    ['a NUL in a key', { a: { 'b\0': 1 } }, 'a'],
    ['half of a surrogate pair', { a: '\ud800' }, 'a'],
    ['a number that overflowed', JSON.parse('{"a":[1e999]}') as unknown, 'a.0'],
  ])('finds %s and says where', (_, value, path) => {
    expect(findUnstorable(value)).toMatchObject({ path });
  });

  it('does not walk into endless nesting', () => {
    const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
    expect(findUnstorable({ config: deep })?.message).toMatch(/nested deeper than 64 levels/);
  });
});

describe('canonical JSON', () => {
  it('does not depend on the order of keys', () => {
    expect(canonicalJson({ b: 1, a: { d: [1, 2], c: null } })).toBe(canonicalJson({ a: { c: null, d: [1, 2] }, b: 1 }));
  });

  it('depends on the order of lists and on every value', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
    expect(canonicalJson({ a: '1' })).not.toBe(canonicalJson({ a: 1 }));
  });

  it('is JSON of the same data', () => {
    const data = { 'ke"y': ['ü', { n: 1.5 }], empty: {}, none: null };
    expect(JSON.parse(canonicalJson(data))).toEqual(data);
  });
});
