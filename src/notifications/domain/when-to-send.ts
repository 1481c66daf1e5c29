import type { EventName } from '../../contracts/event';
import { isFinished } from '../../contracts/states';

/** How often a channel speaks up about one kind of outcome. */
export type Frequency = 'always' | 'never' | 'change';

/** The outcomes that people can set a frequency for. */
export type Occasion = 'on_start' | 'on_success' | 'on_failure' | 'on_cancel' | 'on_error';

/** What holds for an occasion that the config does not mention. `on_error` then follows `on_failure`. */
export type FrequencyDefaults = Readonly<Record<Exclude<Occasion, 'on_error'>, Frequency>>;

export const USUAL_FREQUENCIES: FrequencyDefaults = {
  on_start: 'never',
  on_success: 'always',
  on_failure: 'always',
  on_cancel: 'always',
};

/** What a build says about itself at the moment of an event. */
export interface Moment {
  readonly event: EventName;
  readonly state: string;
  /** What the build is compared with; null for the first one of a branch. */
  readonly previousState: string | null;
}

/** Whether to send, and why or why not, in words for operators. */
export interface SendDecision {
  readonly send: boolean;
  readonly reason: string;
}

/**
 * Decides whether a build event is worth a notice.
 *
 * As Travis CI decides, with three differences: `on_start: change` works, `on_error` counts for errored builds, and a
 * failure is told with the build's one finished event, also while jobs that may fail are still running (fast_finish);
 * Travis CI waited for them and then often said nothing.
 */
export function decideSend(
  moment: Moment,
  settings: Readonly<Record<string, unknown>>,
  defaults: FrequencyDefaults = USUAL_FREQUENCIES,
): SendDecision {
  const occasion = occasionOf(moment);
  if (occasion === null) return { send: false, reason: `${moment.event} with state ${moment.state} is never told` };
  const frequency = frequencyFor(occasion, settings, defaults);
  if (frequency !== 'change') return { send: frequency === 'always', reason: `${occasion}: ${frequency}` };
  const before = moment.previousState ?? 'nothing';
  return isChange(moment)
    ? { send: true, reason: `${occasion}: change, and ${before} came before` }
    : { send: false, reason: `${occasion}: change, but ${before} came before` };
}

function occasionOf({ event, state }: Moment): Occasion | null {
  switch (event) {
    case 'build:started':
      return 'on_start';
    case 'build:canceled':
      return state === 'canceled' ? 'on_cancel' : null;
    case 'build:finished':
      if (state === 'passed') return 'on_success';
      if (state === 'errored') return 'on_error';
      // Canceled too: jobs were canceled one by one and another one finished last. Receivers know it as a failure.
      return isFinished(state) ? 'on_failure' : null;
    default:
      return null;
  }
}

function frequencyFor(
  occasion: Occasion,
  settings: Readonly<Record<string, unknown>>,
  defaults: FrequencyDefaults,
): Frequency {
  const own = readFrequency(settings[occasion]);
  if (own !== null) return own;
  return occasion === 'on_error' ? frequencyFor('on_failure', settings, defaults) : defaults[occasion];
}

/**
 * Only "passed or not" is compared: failed after errored is no change. The first build of a branch always is one.
 * A started build has not passed, so it is a change after a passed one.
 */
function isChange({ state, previousState }: Moment): boolean {
  return previousState === null || (state === 'passed') !== (previousState === 'passed');
}

/** @returns null when nothing is said; whatever is not understood means never, as in Travis CI. */
function readFrequency(value: unknown): Frequency | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 'always' : 'never';
  const word = typeof value === 'string' ? value.trim().replace(/^:/, '').toLowerCase() : '';
  if (word === 'always' || word === 'true') return 'always';
  return word === 'change' || word === 'changed' ? 'change' : 'never';
}
