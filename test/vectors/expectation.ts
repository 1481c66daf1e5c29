import { isDeepStrictEqual } from 'node:util';
import { isWithin, type ClockWindow } from './times';

/** What a value may be, and how to say so when it is something else. */
export interface Expectation {
  readonly text: string;
  accepts(value: unknown): boolean;
}

/** Just this value; objects and lists are compared in depth. */
export function exactly(wanted: unknown): Expectation {
  return { text: show(wanted), accepts: (value) => isDeepStrictEqual(value, wanted) };
}

/** What the value was before the step. */
export function unchanged(before: unknown): Expectation {
  return { text: `${show(before)} (as before the step)`, accepts: (value) => isDeepStrictEqual(value, before) };
}

/** One of several; duplicates are named once. */
export function oneOf(...choices: readonly Expectation[]): Expectation {
  const texts = [...new Set(choices.map(({ text }) => text))];
  return { text: texts.join(' or '), accepts: (value) => choices.some((choice) => choice.accepts(value)) };
}

/** A time taken from the clock in this step. */
export function now(window: ClockWindow): Expectation {
  const [from, to] = [window.from.toISOString(), window.to.toISOString()];
  const text = from === to ? `NOW = ${from}` : `NOW between ${from} and ${to}`;
  return { text, accepts: (value) => typeof value === 'string' && isWithin(value, window) };
}

export const anyInteger: Expectation = { text: 'an integer', accepts: Number.isInteger };

/** For what the recording leaves open and no rule of ours decides. */
export const anything: Expectation = { text: 'anything', accepts: () => true };

export function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
