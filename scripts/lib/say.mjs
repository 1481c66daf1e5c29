/** What a person sees of the scripts: one line per fact, coloured on a terminal only. */

const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);

export const green = paint('32');
export const red = paint('31');
export const yellow = paint('33');
export const dim = paint('2');

/** Prints one line. */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Prints one line that wants attention but stops nothing. */
export function warn(line) {
  say(`${yellow('!')} ${line}`);
}

/** An error whose message is all a person needs: it says what is wrong and what to do, so no stack is shown. */
export class PlainError extends Error {}

/** The person (or the system) asked us to stop. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`stopped by ${signal}`);
    /** The exit code by which shells tell an end by this signal. */
    this.exitCode = 128 + ({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal] ?? 15);
  }
}

/**
 * Runs a script's main function and ends the process with the exit code that it returns.
 *
 * @param {() => Promise<number>} main
 */
export async function runScript(main) {
  // Nobody reads any more (`| head`): end; the guardian tidies up.
  process.stdout.on('error', () => process.exit(1));
  try {
    process.exitCode = await main();
  } catch (error) {
    process.exitCode = error instanceof Interrupted ? error.exitCode : 1;
    say(red(error instanceof PlainError || error instanceof Interrupted ? error.message : error.stack));
  }
}

/** Seconds since `start` (from `performance.now()`), as text. */
export function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
