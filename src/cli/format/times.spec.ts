import { utc, utcAndAge } from './times';

describe('times', () => {
  it('are UTC to the second', () => {
    expect(utc(new Date('2021-01-10T05:36:12.999Z'))).toBe('2021-01-10T05:36:12Z');
    expect(utc('2021-01-10T05:36:12.000Z')).toBe('2021-01-10T05:36:12Z');
    expect(utc(null)).toBe('');
  });

  it.each([
    ['2021-01-10T05:36:10Z', '2 s ago'],
    ['2021-01-10T05:30:00Z', '6 min ago'],
    ['2021-01-10T01:00:00Z', '4 h ago'],
    ['2021-01-01T05:36:12Z', '9 days ago'],
    ['2021-01-10T05:41:12Z', 'in 5 min'],
  ])('say how long ago they were: %s', (time, age) => {
    expect(utcAndAge(time, new Date('2021-01-10T05:36:12Z'))).toBe(`${time} (${age})`);
  });
});
