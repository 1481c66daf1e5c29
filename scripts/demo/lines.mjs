import { dim, green, red, say, yellow } from '../lib/say.mjs';

const COLOURS = { passed: green, failed: red, errored: red, canceled: yellow };

/** A state in its colour. */
export function painted(state) {
  return (COLOURS[state] ?? ((text) => text))(state);
}

/**
 * Prints what happens, on one line with the time of day.
 *
 * @param {string} build its number
 * @param {string} what of the build, such as `job 1.2`; empty for the build itself
 * @param {string} text
 */
export function line(build, what, text) {
  const subject = `build #${build}${what && ` · ${what}`}`;
  say(`${dim(clock(new Date()))}  ${subject.padEnd(20)}  ${text}`);
}

function clock(at) {
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
