/**
 * `npm test`: all static checks, then all tests on a real PostgreSQL, RabbitMQ and Redis, which it finds or starts.
 * `npm test -- path …`: only the tests whose paths match (any arguments of Jest), without the static checks.
 *
 * Ends with the line `N passed, N failed`; a static check counts as one. Exit code 0 when nothing failed.
 */
import { run } from './lib/children.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { runJest } from './lib/jest.mjs';
import { Interrupted, PlainError, dim, green, red, runScript, say, secondsSince } from './lib/say.mjs';
import { untilStopped, withServices } from './lib/services.mjs';

/** The longest first. */
const CHECKS = ['lint', 'types', 'format:check', 'boundaries'];
/** Each works on one core. */
const CHECKS_AT_ONCE = 2;

await runScript(async () => {
  const args = process.argv.slice(2);
  const total = { passed: 0, failed: 0 };
  try {
    await ensureDependencies();
    if (args.length === 0) add(total, await untilStopped(runChecks));
    add(total, await withServices((services) => runJest(args, services), { redis: true }));
  } catch (error) {
    // Whatever cannot be run at all has failed; the last line must stand there nevertheless.
    total.failed++;
    say(red(error instanceof PlainError || error instanceof Interrupted ? error.message : error.stack));
    return tell(total, error.exitCode ?? 1);
  }
  return tell(total, total.failed === 0 ? 0 : 1);
});

async function runChecks(signal) {
  const result = { passed: 0, failed: 0 };
  const waiting = [...CHECKS];
  const lane = async () => {
    for (let name = waiting.shift(); name && !signal.aborted; name = waiting.shift()) {
      add(result, await runCheck(name, signal));
    }
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, lane));
  return result;
}

async function runCheck(name, signal) {
  const start = performance.now();
  const { code, output } = await run('npm', ['run', '--silent', name], { quiet: true, signal });
  say(`${code === 0 ? green('✓') : red('✗')} ${name} ${dim(secondsSince(start))}`);
  if (code === 0) return { passed: 1, failed: 0 };
  say(output.trimEnd());
  return { passed: 0, failed: 1 };
}

function add(total, { passed, failed, skipped = 0, problems = [] }) {
  total.passed += passed;
  total.failed += failed;
  for (const problem of problems) say(red(problem));
  if (skipped > 0) say(`${skipped} tests are skipped`);
}

function tell({ passed, failed }, exitCode) {
  say(`${passed} passed, ${failed} failed`);
  return exitCode;
}
