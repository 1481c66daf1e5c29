import { sampleNotice, type Sample } from '../../../test/contract/sample-notice';
import { decideElements } from './wanted-elements';

const KEYS = { section: ['irc'], targets: ['channels'] };

const decide = (notifications: unknown, sample: Sample = {}, keys = KEYS): unknown => {
  const { event, facts } = sampleNotice({ ...sample, config: { notifications } });
  const { wanted, silent } = decideElements(event, facts.build.config, keys);
  return [wanted.map(({ index }) => index), silent.map(({ element, silent: why }) => `${element}: ${why}`)];
};

describe('decideElements', () => {
  it('tells each entry that wants nothing of the event why', () => {
    const irc = [{ channels: 'a', on_success: 'never' }, 'b', { channels: 'c', on_success: 'change' }, false];
    expect(decide({ irc })).toEqual([
      [1],
      ['0: on_success: never', '2: on_success: change, but passed came before', '3: switched off in the config'],
    ]);
  });

  it('says nothing of an entry that nobody wrote, unless the channel tells people unasked', () => {
    expect(decide({}, { event: 'build:started' })).toEqual([[], []]);
    expect(decide({}, { event: 'build:started' }, { ...KEYS, unasked: true } as typeof KEYS)).toEqual([
      [],
      ['0: on_start: never'],
    ]);
    expect(decide({}, { event: 'build:finished' })).toEqual([[0], []]);
  });
});
