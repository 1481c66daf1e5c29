import type { EventName } from '../../contracts/event';
import { decideSend, USUAL_FREQUENCIES, type Moment } from './when-to-send';

const moment = (event: EventName, state: string, previousState: string | null = null): Moment => ({
  event,
  state,
  previousState,
});
const sends = (at: Moment, settings: Record<string, unknown> = {}): boolean => decideSend(at, settings).send;

describe('decideSend', () => {
  describe('without any setting', () => {
    it.each<[EventName, string, boolean]>([
      ['build:created', 'created', false],
      ['build:started', 'started', false],
      ['build:finished', 'passed', true],
      ['build:finished', 'failed', true],
      ['build:finished', 'errored', true],
      ['build:finished', 'canceled', true],
      ['build:finished', 'created', false],
      ['build:canceled', 'canceled', true],
      ['build:canceled', 'failed', false],
      ['build:restarted', 'created', false],
      ['job:finished', 'passed', false],
    ])('%s with state %s: %s', (event, state, expected) => {
      expect(sends(moment(event, state))).toBe(expected);
    });

    it('lets a channel have other defaults, as mail has for success', () => {
      const defaults = { ...USUAL_FREQUENCIES, on_success: 'change' } as const;
      expect(decideSend(moment('build:finished', 'passed', 'passed'), {}, defaults).send).toBe(false);
      expect(decideSend(moment('build:finished', 'passed', 'failed'), {}, defaults).send).toBe(true);
    });
  });

  // event, state, the flag that counts, and whether "change" sends after: nothing, passed, failed, errored, canceled
  const CASES: [EventName, string, string, boolean[]][] = [
    ['build:started', 'started', 'on_start', [true, true, false, false, false]],
    ['build:finished', 'passed', 'on_success', [true, false, true, true, true]],
    ['build:finished', 'failed', 'on_failure', [true, true, false, false, false]],
    ['build:finished', 'canceled', 'on_failure', [true, true, false, false, false]],
    ['build:finished', 'errored', 'on_error', [true, true, false, false, false]],
    ['build:canceled', 'canceled', 'on_cancel', [true, true, false, false, false]],
  ];
  const PREVIOUS = [null, 'passed', 'failed', 'errored', 'canceled'];

  describe.each(CASES)('%s with state %s obeys %s', (event, state, flag, onChange) => {
    it.each(PREVIOUS.map((previous, index) => [previous, onChange[index]]))('after %s', (previous, expected) => {
      const at = moment(event, state, previous);
      expect(sends(at, { [flag]: 'change' })).toBe(expected);
      expect(sends(at, { [flag]: 'always' })).toBe(true);
      expect(sends(at, { [flag]: 'never' })).toBe(false);
    });

    it('and no other flag', () => {
      const others = ['on_start', 'on_success', 'on_failure', 'on_cancel', 'on_error'].filter((one) => one !== flag);
      const at = moment(event, state);
      for (const frequency of ['always', 'never']) {
        const settings = Object.fromEntries(others.map((one) => [one, frequency]));
        expect(sends(at, { [flag]: 'always', ...settings })).toBe(true);
        expect(sends(at, { [flag]: 'never', ...settings })).toBe(false);
      }
    });
  });

  it('lets an errored build follow on_failure when on_error is not set', () => {
    expect(sends(moment('build:finished', 'errored'), { on_failure: 'never' })).toBe(false);
    expect(sends(moment('build:finished', 'errored', 'failed'), { on_failure: 'change' })).toBe(false);
    expect(sends(moment('build:finished', 'errored'), { on_failure: 'never', on_error: 'always' })).toBe(true);
    expect(sends(moment('build:finished', 'errored'), { on_failure: 'always', on_error: null })).toBe(true);
  });

  it.each([
    ['always', true],
    [':always', true],
    ['Always ', true],
    [true, true],
    ['true', true],
    ['never', false],
    [false, false],
    ['false', false],
    ['sometimes', false],
    ['', false],
    [{}, false],
    [1, false],
    ['change', false],
    ['changed', false],
    [':change', false],
    [null, true],
    [undefined, true],
  ])('reads on_success: %p after a passed build as %s', (value, expected) => {
    expect(sends(moment('build:finished', 'passed', 'passed'), { on_success: value })).toBe(expected);
  });

  it('says why', () => {
    const at = moment('build:finished', 'failed', 'errored');
    expect(decideSend(at, { on_failure: 'change' }).reason).toBe('on_failure: change, but errored came before');
    expect(decideSend(at, {}).reason).toBe('on_failure: always');
    expect(decideSend(moment('build:created', 'created'), {}).reason).toBe(
      'build:created with state created is never told',
    );
  });
});
