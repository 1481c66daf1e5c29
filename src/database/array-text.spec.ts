import { arrayText, isFlatList } from './array-text';

describe('a list in the text form of PostgreSQL', () => {
  it.each([
    [[1, -2.5, null, undefined, true], '{1,-2.5,NULL,NULL,true}'],
    [[], '{}'],
    [['passed', '2021-01-10T05:36:12.5', 'job:start'], '{passed,2021-01-10T05:36:12.5,job:start}'],
    [
      ['', 'null', 'a,b', '{', 'a b', 'say "hi"', 'back\\slash', 'ü'],
      '{"","null","a,b","{","a b","say \\"hi\\"","back\\\\slash","ü"}',
    ],
  ])('writes %j', (list, text) => {
    expect(arrayText(list)).toBe(text);
  });

  it('leaves lists of other things to node-pg', () => {
    expect([[[1]], [new Date()], [Buffer.from('x')], 'text', 1, null].map(isFlatList)).toEqual(Array(6).fill(false));
    expect(isFlatList([1, null, 'x'])).toBe(true);
  });
});
