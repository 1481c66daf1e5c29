import { shortText } from './short-text';

describe('shortText', () => {
  it.each([
    ['12345', '12345'],
    ['', ''],
    ['123456', '1234…'],
    ['123🚀5', '123…'],
    ['12🚀56', '12🚀…'],
  ])('of "%s" leaves "%s"', (text, expected) => {
    expect(shortText(text, 5)).toBe(expected);
  });
});
