import { dim, green, red, say, yellow } from '../lib/say.mjs';

const COLOURS = { passed: green, failed: red, errored: red, canceled: yellow };

/** A state in its colour. */
export function painted(state) {
  return (COLOURS[state] ?? ((text) => text))(state);
}

/** Prints what happens: one line each, with the time of day, the build and what of it. */
export function line(at, build, what, text) {
  say(`${dim(clock(at))}  build ${`#${build}`.padEnd(4)} ${what.padEnd(9)} ${text}`);
}

function clock(at) {
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
