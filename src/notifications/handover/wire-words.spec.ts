import { EVENT_NAMES } from '../../contracts/event';
import { secondsBetween, toldAs, toMilliseconds, toSeconds } from './wire-words';

describe('toldAs', () => {
  it('tells what starts over as created, and everything else by its name', () => {
    expect(EVENT_NAMES.map(toldAs)).toEqual(EVENT_NAMES.map((name) => name.replace(/restarted$/, 'created')));
    expect(toldAs('job:restarted')).toBe('job:created');
  });
});

describe('times', () => {
  it.each([
    ['2014-04-03T10:22:05.123Z', '2014-04-03T10:22:05Z', '2014-04-03T10:22:05.123Z'],
    ['2014-04-03T10:22:05Z', '2014-04-03T10:22:05Z', '2014-04-03T10:22:05.000Z'],
    [null, null, null],
  ])('%s is %s in seconds and %s in milliseconds', (time, seconds, milliseconds) => {
    expect(toSeconds(time)).toBe(seconds);
    expect(toMilliseconds(time)).toBe(milliseconds);
  });

  it.each([
    ['2014-04-03T10:22:05.000Z', '2014-04-03T10:23:05.900Z', 60],
    ['2014-04-03T10:22:05.000Z', null, null],
    [null, '2014-04-03T10:22:05.000Z', null],
  ])('between %s and %s lie %s seconds', (start, end, seconds) => {
    expect(secondsBetween(start, end)).toBe(seconds);
  });
});
